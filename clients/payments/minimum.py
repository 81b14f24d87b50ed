"""The least that is charged at once: a provider declines less, as it costs more than it brings.

https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
"""

from collections.abc import Mapping
from types import MappingProxyType

AMOUNT_TOO_SMALL = "amount_too_small"
"""Stripe's code, and ours, for less than it charges at least: no request of ours is wrong then."""
_USUALLY = 50
_OTHERWISE: Mapping[str, int] = MappingProxyType(
    {
        "AED": 200,
        "BGN": 100,
        "CZK": 1_500,
        "DKK": 250,
        "GBP": 30,
        "HKD": 400,
        "HUF": 17_500,
        "MXN": 1_000,
        "MYR": 200,
        "NOK": 300,
        "PLN": 200,
        "RON": 200,
        "SEK": 300,
        "THB": 1_000,
    }
)


def least_charge_cents(currency: str) -> int:
    """The smallest amount, more than nothing, that can be charged in a currency (ISO 4217)."""
    return _OTHERWISE.get(currency, _USUALLY)
