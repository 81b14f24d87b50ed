"""`guidance db seed`, as it is typed."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.wiring import open_application
from perf.dataset.command import seed
from tests.fixtures.servers.production import PRODUCTION
from tests.fixtures.servers.server import SECRET, settings_for
from tests.perf.dataset.queries import EMPTY, counts, fetch

DEMO = EMPTY | {
    "users": 6,
    "user_subscriptions": 7,
    "billing_customers": 2,
    "billing_payment_attempts": 1,
    "daily_quota_usages": 2,
    "quota_ledger_entries": 2,
    "chat_conversations": 24,
    "chat_messages": 82,
    "chat_messages_to_index": 81,
    "user_privacy_requests": 5,
    "enterprise_accounts": 1,
    "enterprise_daily_usages": 60,
}


def run(database_url: str, *arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(seed, arguments, env={"DATABASE_URL": database_url} | environment)


def test_the_demo_profile_fills_the_database(database_url: str) -> None:
    result = run(database_url, "--profile", "demo")
    assert (result.exit_code, result.stderr) == (0, "")
    assert counts(database_url) == DEMO


def test_whose_payment_is_open_in_the_demo_is_found_out_about(
    database_url: str, tmp_path: Path
) -> None:
    async def finish() -> int:
        async with open_application(settings_for(database_url, tmp_path), database_url) as parts:
            return await parts.billing.charging.finish_overdue()

    run(database_url, "--profile", "demo")
    assert statuses(database_url)["pending"] == 1
    fetch(database_url, "UPDATE billing_payment_attempts SET next_check_at = now()")
    assert asyncio.run(finish()) == 1
    assert statuses(database_url) == {"active": 2, "failed": 2, "inactive": 3}


def statuses(database_url: str) -> dict[str, int]:
    """How many subscriptions there are of each status."""
    query = "SELECT status, count(*) FROM user_subscriptions GROUP BY 1"
    return {row["status"]: row["count"] for row in fetch(database_url, query)}


def test_a_database_with_people_is_left_alone(database_url: str) -> None:
    run(database_url, "--profile", "demo")
    for profile in ("demo", "bench"):
        result = run(database_url, "--profile", profile)
        assert (result.exit_code, result.stdout, result.stderr) == (
            1,
            "",
            "Error: the database is not empty: it has users, so nothing was changed\n",
        )
    assert counts(database_url) == DEMO


def test_production_is_left_alone(database_url: str) -> None:
    production = PRODUCTION | {"JWT_SECRET_KEY": SECRET}
    result = run(database_url, "--profile", "demo", **production)
    assert result.exit_code == 1
    assert result.stderr == "Error: generated data does not belong in production\n"
    assert counts(database_url) == EMPTY


def test_a_database_without_tables_is_said_in_one_line(empty_database_url: str) -> None:
    result = run(empty_database_url, "--profile", "demo")
    assert result.exit_code == 1
    assert result.stderr == (
        'Error: the database cannot be filled: relation "users" does not exist\n'
    )


@pytest.mark.parametrize("arguments", [(), ("--profile", "huge")])
def test_bad_input_is_refused(database_url: str, arguments: tuple[str, ...]) -> None:
    result = run(database_url, *arguments)
    assert result.exit_code == 2
    assert "--profile" in result.stderr
    assert counts(database_url) == EMPTY
