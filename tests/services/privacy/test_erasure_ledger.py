"""The ledger of erasures: whole lines, from any number of processes, whatever ends them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.privacy.erasure_ledger import ErasedPerson, ErasureLedger, LedgerEntries

MOMENT = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)
PEOPLE = [ErasedPerson(number, MOMENT + timedelta(seconds=number)) for number in range(1, 201)]


@pytest.fixture
def ledger(tmp_path: Path) -> ErasureLedger:
    path = tmp_path / "ledger"
    path.touch()
    return ErasureLedger(path)


def test_what_is_appended_is_read_from_any_offset_on(ledger: ErasureLedger) -> None:
    first, second, third = PEOPLE[:3]
    ledger.append(first)
    before = ledger.entries()
    assert before == LedgerEntries([first], len("1 2026-03-01T12:30:16.250000+00:00\n"))
    ledger.append(second)
    ledger.append(third)
    assert ledger.entries(before.end).people == [second, third]
    assert ledger.entries().people == [first, second, third]


def test_many_at_once_lose_nothing(ledger: ErasureLedger) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ledger.append, PEOPLE))
    entries = ledger.entries()
    assert sorted(entries.people, key=lambda one: one.user_id) == PEOPLE
    assert entries.unreadable == 0


@pytest.mark.parametrize("torn", ["7", "7 2026-03-01T12", "7 2026-03-01T12:30:15+00:00"])
def test_a_line_that_was_not_finished_spoils_no_other(ledger: ErasureLedger, torn: str) -> None:
    ledger.append(PEOPLE[0])
    with ledger.path.open("a") as file:
        file.write(torn)
    assert ledger.entries().people == PEOPLE[:1]
    ledger.append(PEOPLE[1])
    entries = ledger.entries()
    is_whole = torn.endswith("+00:00")
    assert [one.user_id for one in entries.people] == ([1, 7, 2] if is_whole else [1, 2])
    assert entries.unreadable == (not is_whole)


def test_other_texts_are_counted_and_nobody_is_taken_from_them(ledger: ErasureLedger) -> None:
    ledger.path.write_text(
        "\n# people\n-1 2026-03-01T12:30:15+00:00\n5\n\u0663 x\n7 2026-13-01T00:00:00+00:00\n"
    )
    assert ledger.entries() == LedgerEntries([], ledger.path.stat().st_size, unreadable=5)
