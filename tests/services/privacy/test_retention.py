"""What is kept of people who were erased: for as long as the registry says, and no longer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.privacy.retention import delete_expired_rows
from tests.fixtures.stores.postgres import everything
from tests.fixtures.stores.world import GRACE
from tests.services.privacy.erasures import prepare
from tests.services.privacy.privacy_instances import LATER, Instance, instance

SECOND = timedelta(seconds=1)
ALL_TIMES = "2031-05-06T07:08:09Z"
"""When everything that is kept happened."""
MOVE_IN_TIME = (
    f"UPDATE general_audit_events SET occurred_at = '{ALL_TIMES}'",
    f"UPDATE archived_privacy_requests SET requested_at = '{ALL_TIMES}'",
    f"UPDATE archived_privacy_requests SET completed_at = '{ALL_TIMES}' WHERE status = 'completed'",
    f"UPDATE archived_payment_attempts SET updated_at = '{ALL_TIMES}'",
    "ALTER TABLE archived_invoices DISABLE TRIGGER USER",
    f"UPDATE archived_invoices SET issued_at = '{ALL_TIMES}'",
    f"UPDATE archived_plan_changes SET changed_at = '{ALL_TIMES}'",
    f"UPDATE archived_subscriptions SET updated_at = '{ALL_TIMES}'",
)
OVER = {
    datetime(2032, 5, 6, 7, 8, 9, tzinfo=UTC): {"general_audit_events": 3},
    datetime(2034, 5, 6, 7, 8, 9, tzinfo=UTC): {
        "archived_erasure_counts": 26,
        "archived_privacy_requests": 6,
    },
    datetime(2042, 1, 1, tzinfo=UTC): {
        "archived_invoice_lines": 1,
        "archived_invoices": 1,
        "archived_payment_attempts": 1,
        "archived_plan_changes": 1,
        "archived_subscriptions": 2,
    },
}
"""The instants after which something goes, and what."""


async def erased(parts: Instance, *commands: str) -> None:
    """Carry out the erasure that was requested, and then what else is to have happened."""
    assert await parts.erase() == 1
    for command in commands:
        await parts.rows(command)


async def test_each_kind_of_row_goes_when_its_time_is_over(own_world: str, tmp_path: Path) -> None:
    await prepare(own_world, tmp_path)
    async with instance(own_world, tmp_path, clock=lambda: LATER) as parts:
        await erased(parts, *MOVE_IN_TIME)
        before = await everything(own_world)
        gone: dict[str, int] = {}
        for over, removed in OVER.items():
            is_until_then = over.month == over.day == 1
            last = over - SECOND if is_until_then else over
            assert await delete_expired_rows(parts.database, last) == {}
            counts = await delete_expired_rows(parts.database, last + SECOND)
            assert counts == removed
            gone |= removed
        after = await everything(own_world)
    assert {name: len(before[name]) - len(after[name]) for name in gone} == gone
    for name in before.keys() - gone.keys():
        assert after[name] == before[name], name


async def test_rows_of_people_and_of_companies_stay(own_world: str, tmp_path: Path) -> None:
    await prepare(own_world, tmp_path)
    async with instance(own_world, tmp_path, clock=lambda: LATER) as parts:
        await erased(parts)
        await delete_expired_rows(parts.database, LATER + timedelta(days=36_500))
        left = {
            table: [
                row["action"] for row in await parts.rows(f"SELECT action FROM {table} ORDER BY id")
            ]
            for table in ("audit_events", "enterprise_audit_events", "general_audit_events")
        }
        assert left == {
            "audit_events": ["looked.at", "plan.changed"],
            "enterprise_audit_events": ["credential.revoked", "asked"],
            "general_audit_events": ["privacy.erased"],
        }
        payments = await parts.rows("SELECT user_id FROM billing_payment_attempts")
        assert [row["user_id"] for row in payments] == [GRACE]


async def test_a_row_stays_as_long_as_another_refers_to_it(own_world: str, tmp_path: Path) -> None:
    await prepare(own_world, tmp_path)
    async with instance(own_world, tmp_path, clock=lambda: LATER) as parts:
        a_later_payment = "UPDATE archived_payment_attempts SET updated_at = '2033-01-01Z'"
        await erased(parts, *MOVE_IN_TIME, a_later_payment)
        subscriptions = "SELECT count(*) FROM archived_subscriptions"
        await delete_expired_rows(parts.database, datetime(2043, 12, 31, tzinfo=UTC))
        assert await parts.value(subscriptions) == 1
        await delete_expired_rows(parts.database, datetime(2044, 1, 2, tzinfo=UTC))
        assert await parts.value(subscriptions) == 0
