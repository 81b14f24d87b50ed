"""Migrations with planted faults, run while a server is under load."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from perf.chaos.upgrades.checking import Report, Step, check_steps, check_worker
from perf.chaos.upgrades.previous_version import previous_version
from perf.chaos.upgrades.worker import PreviousWorker, previous_worker
from perf.servers.seeded import THIS_VERSION
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.stores.postgres import new_database, run

Place: TypeAlias = tuple[str, str, Path]
"""A filled database, a model and a folder."""


def planted(name: str, *commands: str) -> Step:
    """A step that runs these commands, as one that says who it is."""
    return Step(name, lambda url: asyncio.run(run(url, *commands)))


@pytest.fixture
def place(
    postgres: str, crowded_template: str, stand_in_process: StandInControl, tmp_path: Path
) -> Iterator[Place]:
    stand_in_process.reset()
    with new_database(postgres, crowded_template) as url:
        yield url, stand_in_process.url, tmp_path


def test_what_the_version_before_needs_is_missed_and_what_it_does_not_know_is_not(
    place: Place,
) -> None:
    reports = checks(
        place,
        planted("harmless", "ALTER TABLE users ADD COLUMN nickname text"),
        planted("narrow", "ALTER TABLE chat_conversations DROP COLUMN title"),
    )
    harmless, narrow = reports
    assert harmless.failures == {}
    assert harmless.effects.rewritten_tables == ()
    assert {"ConversationPage", "StartConversation", "RenameConversation"} <= narrow.failures.keys()
    assert "Plans" not in narrow.failures
    assert len(narrow.problems) >= len(narrow.failures)


@pytest.mark.slow
def test_locks_and_rewrites_are_wrong_by_themselves(place: Place) -> None:
    slow, rewriting = checks(
        place,
        planted("slow", "BEGIN; LOCK TABLE users IN SHARE MODE; SELECT pg_sleep(0.3); COMMIT"),
        planted("rewriting", "ALTER TABLE quota_ledger_entries ALTER COLUMN units TYPE bigint"),
    )
    assert slow.failures == {}
    assert any(said.startswith("users is locked in ShareLock for ") for said in slow.problems)
    assert "quota_ledger_entries is rewritten" in rewriting.problems


def checks(place: Place, *steps: Step) -> list[Report]:
    async def collect() -> list[Report]:
        url, model_url, folder = place
        async with previous_version(THIS_VERSION, url, model_url, folder) as version:
            return [report async for report in check_steps(version, url, steps)]

    return asyncio.run(collect())


@pytest.mark.slow
def test_what_the_worker_before_needs_is_missed_too(
    postgres: str, crowded_template: str, stand_in_process: StandInControl, tmp_path: Path
) -> None:
    async def collect(worker: PreviousWorker) -> list[Report]:
        return [report async for report in check_worker(worker, steps)]

    steps = (
        planted("harmless", "ALTER TABLE users ADD COLUMN nickname text"),
        planted("narrow", "ALTER TABLE chat_message_searches DROP COLUMN form"),
    )
    with new_database(postgres, crowded_template) as url:
        worker = previous_worker(THIS_VERSION, url, stand_in_process.url, tmp_path / "worker")
        harmless, narrow, afterwards = asyncio.run(collect(worker))
    assert harmless.problems == []
    for report in (narrow, afterwards):
        assert "the job index_messages" in report.failures
        assert "the worker's statement message_indexing.earlier_of_anybody" in report.failures
