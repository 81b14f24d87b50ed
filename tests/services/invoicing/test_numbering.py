"""Numbers have no gap, however many issue at once and are killed at it."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.fixtures.stores.postgres import rows_of

ROOT = Path(__file__).parents[3]
ISSUERS = "tests.services.invoicing.issuing_process"
PATIENCE_SECONDS = 30
_NUMBERED = "SELECT count(*), max(number) FROM user_invoices WHERE number LIKE 'INV-2026%'"
_NOT_WHOLE = """SELECT count(*) FROM user_invoices i WHERE subtotal_cents <> (
  SELECT sum(amount_cents) FROM user_invoice_lines l
  WHERE l.user_id = i.user_id AND l.invoice_id = i.id)"""
_COUNTER = "SELECT last_number FROM invoice_counters WHERE series = 'INV-2026'"


@contextmanager
def issuing(url: str, name: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that issues until it is killed."""
    process = subprocess.Popen([sys.executable, "-m", ISSUERS, url, name], cwd=ROOT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def one_row(url: str, query: str) -> tuple[object, ...]:
    """The only row of a query."""
    (row,) = asyncio.run(rows_of(url, query))
    return tuple(row)


def issued(url: str) -> int:
    count, _ = one_row(url, _NUMBERED)
    assert isinstance(count, int)
    return count


def wait_for_more(url: str, processes: "list[subprocess.Popen[bytes]]", count: int) -> None:
    deadline, before = monotonic() + PATIENCE_SECONDS, issued(url)
    while issued(url) < before + count:
        assert monotonic() < deadline
        assert all(process.poll() is None for process in processes)
        sleep(0.01)


def check_numbers(url: str) -> None:
    count = issued(url)
    assert one_row(url, _NUMBERED) == (count, f"INV-2026-{count:06}")
    assert one_row(url, "SELECT count(DISTINCT number) FROM user_invoices") == (count + 1,)
    assert one_row(url, _COUNTER) == (count,)
    assert one_row(url, _NOT_WHOLE) == (0,)


@pytest.mark.heavy
def test_three_processes_of_seven_issuers_leave_no_gap_when_they_are_killed(
    own_world: str,
) -> None:
    with issuing(own_world, "a") as one, issuing(own_world, "b") as two:
        with issuing(own_world, "c") as three:
            wait_for_more(own_world, [one, two, three], 40)
        wait_for_more(own_world, [one, two], 20)
    check_numbers(own_world)


@pytest.mark.slow
def test_the_same_with_twenty_kills(own_world: str) -> None:
    with issuing(own_world, "a") as one, issuing(own_world, "b") as two:
        for kill in range(20):
            with issuing(own_world, f"killed {kill}") as three:
                wait_for_more(own_world, [one, two, three], 30)
    check_numbers(own_world)
