"""The switches of the tunings: each switches off what it says, and nothing else."""

import asyncio
import importlib.util
from pathlib import Path
from types import ModuleType

import loaders
from app.composition.shared_stores import open_subscription_cache
from app.settings import Settings
from db.database import open_database
from db.request_scope import RequestScope
from metrics.observations import Observations
from perf.comparisons.tunings.double_lookup import double_lookup
from perf.comparisons.tunings.indexes import drop_indexes, performance_indexes
from perf.comparisons.tunings.outages import OutageServer, measure_outages
from perf.servers.credentials import CallerCredentials
from perf.servers.host import ROOT
from perf.servers.seeded import ServerUnderTest
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.server import serving, settings_for, token_of
from tests.fixtures.stores.postgres import new_database
from tests.fixtures.stores.world import ADA, NOW
from tests.perf.dataset.queries import fetch

INDEXES = "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
LOOKUP = "billing.current_subscription_by_user"


def test_the_indexes_are_those_of_the_report_and_can_be_taken_away(
    postgres: str, template: str
) -> None:
    names = performance_indexes(postgres)
    assert names == (
        "ix_chat_conversations_user_id_status_updated_at_id",
        "ix_chat_conversations_user_id_updated_at_id",
        "ix_chat_messages_conversation_id_branch_created_at_id",
        "ix_enterprise_daily_usages_enterprise_account_id_usage_date",
        "ix_user_privacy_requests_user_id_request_kind_requested_at_id",
        "ix_user_subscriptions_user_id_updated_at_id",
    )
    with new_database(postgres, template) as url:
        before = {row["indexname"] for row in fetch(url, INDEXES)}
        drop_indexes(url, names)
        assert {row["indexname"] for row in fetch(url, INDEXES)} == before - set(names)


def test_the_version_that_asks_twice_does_and_differs_in_one_file(
    world: str, tmp_path: Path
) -> None:
    with double_lookup() as version:
        assert version.tree is not None
        assert (version.tree / "gql").resolve() == ROOT / "gql"
        assert _lookups(_loaders_of(version.tree), world, tmp_path) == 2
    assert _lookups(loaders, world, tmp_path) == 1


def test_backoff_gets_messages_over_a_short_outage(
    postgres: str, world_template: str, stand_in: StandInControl, tmp_path: Path
) -> None:
    waiting = {"chat_llm_retry_backoff_seconds": 0.3, "chat_llm_retry_jitter_seconds": 0}
    with (
        new_database(postgres, world_template) as first,
        new_database(postgres, world_template) as second,
        serving(_settings(first, tmp_path, stand_in, dict.fromkeys(waiting, 0))) as off,
        serving(_settings(second, tmp_path, stand_in, waiting)) as on,
    ):
        sides = [
            OutageServer(
                ServerUnderTest(
                    str(api.http.base_url), CallerCredentials((token_of(ADA),), (), None), "", ""
                ),
                stand_in.url,
            )
            for api in (off, on)
        ]
        without, with_backoff = measure_outages(*sides, rounds=2, seconds=(0.4, 0.4))
    assert (without.sent, without.forgone) == (4, 0)
    assert without.answered < without.sent
    assert without.model_calls > without.sent
    assert (with_backoff.sent, with_backoff.answered, with_backoff.forgone) == (4, 4, 0)


def _settings(url: str, folder: Path, model: StandInControl, retries: dict[str, float]) -> Settings:
    return settings_for(
        url, folder, chat_llm_base_url=model.url, serve_runs_worker=False, **retries
    )


def _loaders_of(tree: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("loaders_twice", tree / "loaders" / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _lookups(module: ModuleType, url: str, folder: Path) -> int:
    """How often a request that wants both looks the subscription up."""

    async def ask() -> int:
        settings = settings_for(url, folder, billing_subscription_cache_ttl_seconds=0)
        async with (
            open_database(url, replica_url=None, pool_size=2, observe=lambda *_: None) as database,
            open_subscription_cache(settings, None, Observations(), clock=lambda: NOW) as cache,
        ):
            found = module.Loaders(
                database,
                subscriptions=cache,
                viewer_id=ADA,
                contract=settings.usage_contract,
                now=NOW,
            )
            with RequestScope() as work:
                await asyncio.gather(found.subscription.load(ADA), found.quota.load(ADA))
            return work.statements.count(LOOKUP)

    return asyncio.run(ask())
