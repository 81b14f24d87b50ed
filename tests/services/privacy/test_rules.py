"""Deadlines, pauses, and what identifies a person in a text."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta

import asyncpg
import pytest

from services.privacy.rules import (
    identifying_pattern,
    legal_deadline,
    retry_wait_seconds,
    seconds_until_next_export,
)
from tests.fixtures.stores.world import NOW


@pytest.mark.parametrize(
    ("received", "deadline"),
    [
        ((2026, 2, 20), (2026, 3, 20)),
        ((2026, 1, 31), (2026, 2, 28)),
        ((2028, 1, 31), (2028, 2, 29)),
        ((2026, 12, 31), (2027, 1, 31)),
        ((2026, 3, 31), (2026, 4, 30)),
    ],
)
def test_a_month_is_counted_by_the_calendar(
    received: tuple[int, int, int], deadline: tuple[int, int, int]
) -> None:
    at = time(9, 30, tzinfo=UTC)
    given = datetime.combine(date(*received), at)
    assert legal_deadline(given) == datetime.combine(date(*deadline), at)


def test_pauses_double() -> None:
    assert [retry_wait_seconds(attempts) for attempts in (1, 2, 3, 7)] == [30, 60, 120, 1_920]


def test_a_further_export_waits_for_a_day() -> None:
    day = timedelta(days=1)
    assert seconds_until_next_export(NOW, NOW) == 86_400
    assert seconds_until_next_export(NOW, NOW + day - timedelta(milliseconds=1)) == 1
    assert seconds_until_next_export(NOW, NOW + day) is None


NAMING = (
    "ada+x@example.com",
    "Write to ADA+X@EXAMPLE.COM.",
    "<ada+x@example.com>",
    '{"user": 12}',
    '{"userId": "12"}',
    '{"actor_id": 12, "x": 1}',
    "user:12",
    "by user 12 = user#12",
    "id VXNlcjoxMg== there",
)
NOT_NAMING = (
    "adaxx@example.com",
    "nada+x@example.com",
    "ada+x@example.company",
    "ada+x@example.com.au",
    "user:123",
    "user:112",
    "superuser:12",
    "subscription:12",
    '{"conversation": 12, "user": 1}',
    "VXNlcjoxMjM=",
)


def test_texts_that_name_a_person_are_found_and_no_others(postgres: str) -> None:
    async def found(texts: tuple[str, ...]) -> list[str]:
        connection = await asyncpg.connect(postgres)
        try:
            pattern = identifying_pattern(12, "ada+x@example.com")
            query = "SELECT text FROM unnest($1::text[]) AS text WHERE text ~* $2"
            return [row["text"] for row in await connection.fetch(query, texts, pattern)]
        finally:
            await connection.close()

    assert asyncio.run(found(NAMING + NOT_NAMING)) == list(NAMING)
