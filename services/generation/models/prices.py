"""What tokens cost, by the prices of a model."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from clients.llm import GenerationReport


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens cost, in units of `currency`: so a token costs as many millionths."""

    currency: str
    prompt: Decimal
    cached: Decimal
    completion: Decimal


def cost_micros(price: Price | None, report: GenerationReport) -> int | None:
    """The cost of a call in millionths of the currency's unit, rounded half up.

    None where there is no price, or the model reported no tokens. Cached tokens are part of the
    prompt's, and those of reasoning of the completion's.
    """
    if price is None or (report.prompt_tokens is None and report.completion_tokens is None):
        return None
    prompt = report.prompt_tokens or 0
    cached = min(report.cached_tokens or 0, prompt)
    cost = (
        (prompt - cached) * price.prompt
        + cached * price.cached
        + (report.completion_tokens or 0) * price.completion
    )
    return int(cost.to_integral_value(ROUND_HALF_UP))
