"""Answers to calls of tools that are refused or fail, in words that an agent can act on."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from mcp.types import CallToolResult, TextContent

from gql.documents.cost.operation_cost import ExpensiveField
from services.clock import next_midnight
from services.documents.records import ToolLimits

_LONGEST_NAME, _MOST_NAMES = 100, 20
DAY = ("cost", "bytes", "ms")
"""The kinds of a day's budget, in the order in which amounts are given."""
_UNITS = {"cost": "units of cost", "bytes": "bytes of answers", "ms": "milliseconds"}


def failed(text: str) -> CallToolResult:
    """A result that is an error: what happened, and what to do about it."""
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)


def unknown(name: str, tools: Sequence[str]) -> CallToolResult:
    """There is no such tool, or no more: those of like names are named."""
    called = name[:_LONGEST_NAME].encode("ascii", "backslashreplace").decode()
    stem = name.partition("-")[0]
    like = [one for one in tools if one.partition("-")[0] == stem][:_MOST_NAMES]
    instead = f" Perhaps {' or '.join(like)}." if like else ""
    return failed(
        f"There is no tool {called!r}, or it is not offered any more.{instead} List the tools "
        "again, and call one of those."
    )


def too_expensive(
    cost: int, limits: ToolLimits, places: Sequence[ExpensiveField]
) -> CallToolResult:
    """The call would cost more than one may; what it asks most of is named."""
    advice = " ".join(_advice(one) for one in places) or "Ask for less."
    return failed(
        f"Not run: this call would cost {cost:,} units, and one may cost {limits.cost_per_call:,}. "
        f"{advice}"
    )


def _advice(place: ExpensiveField) -> str:
    asked = f"`{place.path}` asks for {place.size:,} ({place.cost:,} units)"
    if place.at_most is None:
        return f"{asked}: ask for fewer."
    by = f" by `{place.argument}`" if place.argument else ""
    return f"{asked}: ask for at most {place.at_most:,}{by}."


def used_up(
    needed: Sequence[int], spent: Sequence[int], limits: Sequence[int], now: datetime
) -> CallToolResult:
    """Too little is left of the caller's day."""
    lacking = [
        f"{max(0, limit - used):,} of {limit:,} {_UNITS[kind]} are left, and this call may need "
        f"{amount:,}"
        for kind, amount, used, limit in zip(DAY, needed, spent, limits, strict=True)
        if used + amount > limit
    ]
    seconds = round((next_midnight(now) - now).total_seconds())
    return failed(
        f"Not run: today's budget of this tool is used up. {'; '.join(lacking)}. It is whole again "
        f"at midnight UTC, in {seconds:,} seconds. Until then ask for less, or do without it."
    )


def took_too_long(limits: ToolLimits) -> CallToolResult:
    """A query was given up."""
    return failed(
        f"Given up: the answer took longer than {limits.ms_per_call / 1000:g} s, which is what a "
        "call may take. Nothing was changed. Ask for less."
    )


def too_large(size: int, limits: ToolLimits, *, is_done: bool) -> CallToolResult:
    """The answer is larger than one may be."""
    done = "The change was made; do not make it again. " if is_done else ""
    return failed(
        f"{done}The answer has {size:,} bytes, and one may have {limits.bytes_per_call:,}, so it "
        "is not given. Ask for less: fewer items, or a smaller page."
    )


def not_valid(messages: Sequence[str]) -> CallToolResult:
    """The arguments do not fit."""
    listed = " ".join(messages)
    return failed(f"Not run: {listed} Correct the arguments by the tool's input schema.")


# Any of its members is JSON.
def not_run(errors: Sequence[Mapping[str, object]]) -> CallToolResult:
    """The operation as a whole was refused, or failed."""
    return failed(f"Not run: {' '.join(str(one['message']) for one in errors)}")
