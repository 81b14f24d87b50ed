"""The scalars for instants and days."""

import re
from datetime import UTC, date, datetime
from functools import partial
from typing import NewType

import orjson
import strawberry
from strawberry.types.scalar import ScalarDefinition

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


encode_instant = partial(orjson.dumps, option=orjson.OPT_UTC_Z)
"""Encodes an instant in UTC as JSON: like `isoformat` with a `Z`, but faster."""


def format_instant(instant: datetime) -> str:
    """Format an instant in UTC by RFC 3339, with a `Z`."""
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return encode_instant(instant)[1:-1].decode()


def parse_instant(text: object) -> datetime:
    """Parse an RFC 3339 instant with any offset; raises `ValueError`."""
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        raise ValueError("An instant is written like 2026-02-20T09:30:00Z.")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError:
        raise ValueError("In UTC this instant is not in the years 1 to 9999.") from None


def parse_day(text: object) -> date:
    """Parse a day written YYYY-MM-DD; raises `ValueError`."""
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        raise ValueError("A day is written like 2026-02-20.")
    return date.fromisoformat(text)


BigInt = NewType("BigInt", int)
"""An integer that may be larger than GraphQL's `Int`."""


def parse_big_int(value: object) -> BigInt:
    """Parse an integer of 64 bits, written as a number or as digits; raises `ValueError`."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise ValueError("This is not an integer of at most 64 bits.")
    return BigInt(value)


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description=(
            "An instant in UTC, RFC 3339 with microseconds at most, for example "
            "`2026-02-20T09:30:00Z`."
        ),
        serialize=format_instant,
        parse_value=parse_instant,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="An integer of up to 64 bits, as a number. Above 2^53 a client that reads "
        "numbers as floating point loses the last digits.",
        serialize=int,
        parse_value=parse_big_int,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar day in UTC, for example `2026-02-20`.",
        serialize=date.isoformat,
        parse_value=parse_day,
    ),
}
