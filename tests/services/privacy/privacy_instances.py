"""Privacy without HTTP: its parts on a real database, and a person with something of everything."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import asyncpg

from db.database import Database, Observer, open_database
from metrics.repository_methods import ObservedStatement
from services.clock import Clock
from services.privacy.erasure import ErasureHandler, Forget
from services.privacy.erasure_ledger import ErasureLedger
from services.privacy.exports.files import ExportFiles
from services.privacy.exports.handler import ExportHandler
from services.privacy.links import Links
from services.privacy.runner import PrivacyRequestRunner
from services.privacy.service import PrivacyService
from tests.fixtures.stores.postgres import rows_of, run
from tests.fixtures.stores.world import ADA, GRACE, NOW

PATIENCE_SECONDS = 30
RETENTION = GRACE_PERIOD = timedelta(days=7)
LATER = NOW + GRACE_PERIOD
"""When an erasure that is requested now is carried out."""
ADAS_SECRET, GRACES_SECRET = "Ada's <b>secret</b> & wishes", "Grace's very own words"

RICHES = f"""
INSERT INTO chat_branches (user_id, conversation_id, number, parent_branch, parent_at, parent_id,
    created_at, shown_order)
  SELECT user_id, id, number, 0, '-infinity', 0, created_at, number
  FROM chat_conversations, generate_series(0, 1) number WHERE id IN (2, 100);
INSERT INTO chat_conversation_tags (user_id, conversation_id, tag, updated_at)
  SELECT user_id, id, 'tag of ' || id, updated_at FROM chat_conversations WHERE id IN (2, 100);
UPDATE chat_messages SET content = $${ADAS_SECRET}$$ WHERE id = 1;
UPDATE chat_messages SET content = $${GRACES_SECRET} about ada@example.com$$ WHERE id = 1000;
INSERT INTO chat_conversation_keys SELECT user_id, 'chat of ' || user_id, id
  FROM chat_conversations
  WHERE id IN (SELECT conversation_id FROM chat_messages WHERE id IN (1, 1000));
INSERT INTO chat_message_keys SELECT user_id, conversation_id, 'message of ' || user_id, id
  FROM chat_messages WHERE id IN (1, 1000);
INSERT INTO chat_message_searches
  SELECT user_id, id, 0, created_at, to_tsvector('simple', content), 2
  FROM chat_messages WHERE id = 1;
INSERT INTO idempotency_keys (user_id, key, fingerprint, result)
  SELECT u, 'key of ' || u, sha256('x'), jsonb_build_object('user', u)
  FROM unnest(ARRAY[{ADA}, {GRACE}]) u;
INSERT INTO billing_payment_attempts (user_id, subscription_id, plan_code, status, amount_cents,
    currency, idempotency_key, provider_key, provider_reference)
  VALUES ({ADA}, 2, 'premium-unlimited', 'succeeded', 2000, 'EUR', 'ada@example.com 1', 'p1', 'r1'),
    ({GRACE}, 3, 'basic-entry', 'succeeded', 500, 'EUR', 'grace 1', 'p2', 'r2');
INSERT INTO billing_webhook_events (id, user_id, payment_attempt_id, occurred_at)
  VALUES ('event 1', {ADA}, 1, now()), ('event 2', {GRACE}, 2, now());
INSERT INTO billing_plan_changes (user_id, subscription_id, from_plan_code, to_plan_code,
    idempotency_key)
  VALUES ({ADA}, 2, 'basic-entry', 'premium-unlimited', 'change');
INSERT INTO generation_parts (user_id, reply_id, part_number, model, start_offset, prompt_tokens)
  VALUES ({ADA}, 2, 1, 'large', 0, 10), ({ADA}, 2, 2, 'small', 7, NULL),
    ({GRACE}, 1000, 1, 'large', 0, 11);
INSERT INTO chat_message_feedback (user_id, message_id, rating, comment, created_at)
  SELECT user_id, id, 'up', 'What ' || user_id || ' thinks', created_at FROM chat_messages
  WHERE id IN (2, 1000);
INSERT INTO model_daily_usages (user_id, usage_date, model, currency, calls, prompt_tokens,
    cost_micros)
  VALUES ({ADA}, '2026-02-20', 'large', 'EUR', 1, 10, 20),
    ({GRACE}, '2026-02-20', 'large', 'EUR', 1, 11, 22);
INSERT INTO user_invoices (user_id, id, number, source, status, currency, subtotal_cents, tax_cents,
    total_cents, line_count, seller, recipient, issued_at)
  SELECT u, 100 + u, 'INV-2026-00000' || u, 'payment:' || u, 'paid', 'EUR', 450, 50, 500, 1, 'Us',
    e, now() FROM (VALUES ({ADA}, 'ada@example.com'), ({GRACE}, 'grace@example.com')) of(u, e);
INSERT INTO user_invoice_lines (user_id, invoice_id, line_number, kind, description, quantity,
    amount_cents)
  SELECT u, 100 + u, 1, 'period', 'Premium', 1, 450 FROM unnest(ARRAY[{ADA}, {GRACE}]) u;
INSERT INTO invoice_counters VALUES ('INV-2026', 2);
INSERT INTO audit_events (actor_kind, actor_id, user_id, action, subject, details)
  VALUES ('user', {ADA}, {ADA}, 'plan.changed', 'subscription:2', '{{"email": "ada@example.com"}}'),
    ('operator', {ADA}, {GRACE}, 'looked.at', 'user:2', '{{"email": "grace@example.com"}}'),
    ('user', {GRACE}, {GRACE}, 'plan.changed', 'subscription:3', '{{}}');
INSERT INTO enterprise_audit_events
  (actor_kind, actor_id, enterprise_account_id, action, subject, details)
  VALUES
    ('user', {ADA}, 1, 'credential.revoked', 'enterprise_credential:1', '{{"of": "company"}}'),
    ('api_key', {ADA}, 1, 'asked', 'account', '{{}}');
"""


@dataclass
class Instance:
    """One process that works at privacy requests."""

    url: str
    database: Database
    files: ExportFiles
    links: Links
    service: PrivacyService
    runner: PrivacyRequestRunner
    exporting: ExportHandler
    erasing: ErasureHandler
    forgotten: list[int]

    async def ask_for_export(self, user_id: int) -> int:
        """Ask for a copy of everything of a person's, and give the request's id."""
        requested = await self.service.request_export(user_id, idempotency_key="k", request_id="r")
        return int(requested["id"])

    async def ask_for_erasure(self, user_id: int, *, key: str = "k") -> int:
        """Ask for the erasure of a person, and give the request's id."""
        requested = await self.service.request_erasure(user_id, idempotency_key=key, request_id="r")
        return int(requested["id"])

    async def export(self) -> int:
        return await self.runner.run_due(self.exporting)

    async def erase(self) -> int:
        return await self.runner.run_due(self.erasing)

    async def rows(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        return await rows_of(self.url, query, *arguments)

    # Any: a column of any type.
    async def value(self, query: str, *arguments: object) -> Any:
        (row,) = await self.rows(query, *arguments)
        return row[0]

    async def request(self, request_id: int) -> asyncpg.Record:
        """A request, which has no `user_id` if it is archived."""
        live = await self.rows("SELECT * FROM user_privacy_requests WHERE id = $1", request_id)
        (row,) = live or await self.rows(
            "SELECT *, NULL AS user_id FROM archived_privacy_requests WHERE id = $1", request_id
        )
        return row

    async def archive(self, request_id: int) -> ZipFile:
        name = "SELECT file_name FROM privacy_exports WHERE request_id = $1"
        return ZipFile(self.files.path(await self.value(name, request_id)))


async def nothing(_ids: Sequence[int]) -> None:
    """What is forgotten where nothing is kept."""


@asynccontextmanager
async def instance(
    url: str,
    folder: Path,
    *,
    observe: Observer = lambda *_: None,
    clock: Clock = lambda: NOW,
    lease_seconds: float = 60,
    files: ExportFiles | None = None,
    forget_replies: Forget = nothing,
    ledger: ErasureLedger | None = None,
) -> AsyncIterator[Instance]:
    """One process on the database at `url` and the archives in `folder`, which others may share."""
    files, links = files or ExportFiles(folder), Links(lambda: b"secret", base_url=None)
    forgotten: list[int] = []

    async def forget(user_ids: Sequence[int]) -> None:
        forgotten.extend(user_ids)

    async with open_database(url, replica_url=None, pool_size=4, observe=observe) as database:
        yield Instance(
            url,
            database,
            files,
            links,
            PrivacyService(database, grace=GRACE_PERIOD, clock=clock),
            PrivacyRequestRunner(database, clock=clock, lease_seconds=lease_seconds),
            ExportHandler(database, files, links, retention=RETENTION, clock=clock),
            ErasureHandler(
                database,
                files,
                forget=[forget],
                forget_replies=forget_replies,
                sign_out_seconds=0,
                ledger=ledger,
                clock=clock,
            ),
            forgotten,
        )


async def enrich(url: str) -> None:
    """Give Ada, and Grace for comparison, rows in the tables that the small world leaves empty."""
    await run(url, RICHES)


class Crash(BaseException):
    """The process dies; no code of ours catches it."""


class CrashAt:
    """An observer of statements that ends the process after the n-th of them."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, observed: ObservedStatement) -> None:
        name, *_ = observed
        if name.startswith("transaction."):
            return
        self.left -= 1
        if self.left == 0:
            raise Crash


async def until(condition: Callable[[], Any]) -> None:
    """Wait for a condition, which may be a coroutine function."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            met = condition()
            if await met if asyncio.iscoroutine(met) else met:
                return
            await asyncio.sleep(0.01)
