"""What the tokens of the sandbox do."""

OK, DECLINED, TIMEOUT, SLOW = (
    "pm_card_ok",
    "pm_card_declined",
    "pm_card_timeout",
    "pm_card_slow",
)
AUTHENTICATION, AUTHENTICATION_LATER, DECLINED_LATER = (
    "pm_card_authentication",
    "pm_card_authentication_later",
    "pm_card_declined_later",
)
"""The bank asks the person at each charge, or only without them; or it declines without them."""
SLOW_SECONDS = 3
_STORED = "stored_"
_TAKEN = frozenset({OK, TIMEOUT, SLOW, AUTHENTICATION_LATER, DECLINED_LATER})


def stored(token: str, customer: str) -> str:
    """The reference of a method that the customer stored."""
    return f"{_STORED}{customer}_{token}"


def token_of(method: str, customer: str | None) -> str:
    """The token that a method was stored with by this customer; or else the method itself."""
    return method.removeprefix(f"{_STORED}{customer}_")


def needs_action(token: str, *, is_off_session: bool) -> bool:
    """Whether the bank wants to ask the person."""
    return token == AUTHENTICATION or (token == AUTHENTICATION_LATER and is_off_session)


def is_taken(token: str, *, is_off_session: bool) -> bool:
    """Whether the money is taken, where the bank asks nobody."""
    return token in _TAKEN and not (token == DECLINED_LATER and is_off_session)


def is_known(token: str) -> bool:
    """Whether this is a method, if one that is declined."""
    return token in _TAKEN or token in {DECLINED, AUTHENTICATION}
