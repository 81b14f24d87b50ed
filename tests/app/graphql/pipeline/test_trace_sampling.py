"""Which requests are exported: those that are drawn, and those that trusted callers sample."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from time import monotonic
from typing import Any

import asyncpg

from tests.app.graphql.pipeline.test_exported_traces import (
    LAST,
    SAMPLED,
    UNSAMPLED,
    asked_by_hand,
)
from tests.fixtures.outside.collector import CollectedSpan, Collector
from tests.fixtures.servers.server import Api, serving, settings_for
from tests.fixtures.servers.subgraph import ROUTER_KEY
from tests.fixtures.stores.postgres import rows_of
from tests.fixtures.stores.world import ADA
from tests.waiting import until

EMAIL = "{ viewer { email } }"


@contextmanager
def exporting(
    url: str, folder: Path, collector: Collector, **others: Any
) -> Iterator[tuple[Api, list[CollectedSpan]]]:
    """A server with such settings; when it has ended, the list has what it exported."""
    settings = settings_for(
        url,
        folder,
        otel_exporter_otlp_endpoint=collector.url,
        serve_runs_worker=False,
        **({"otel_traces_sampler_arg": 0.0} | others),
    )
    before, roots = len(collector.spans), list[CollectedSpan]()
    with serving(settings) as api:
        yield api, roots
    roots += [one for one in collector.spans[before:] if one.name == "POST /graphql"]


def test_of_all_callers_only_those_that_are_trusted_decide(
    world: str, tmp_path: Path, collector: Collector
) -> None:
    """An address is the peer's: who may name its client's is not trusted with traces by that."""
    router_key = token_hex(16)
    trusting = {
        "graphql_trace_callers": ("192.0.2.7",),
        "graphql_federation": True,
        "graphql_router_keys": [ROUTER_KEY],
    }
    with exporting(world, tmp_path, collector, **trusting) as (api, exported):
        last: list[asyncpg.Record] = []

        def is_seen() -> bool:
            """Whether it is still the last statement of its session: others use that too."""
            for flags in (SAMPLED, UNSAMPLED):
                asked_by_hand(api, EMAIL, token_hex(16), flags)
            last[:] = asyncio.run(rows_of(world, LAST))
            return bool(last)

        until(is_seen)
        api.http.headers["x-forwarded-for"] = "192.0.2.7"
        asked_by_hand(api, EMAIL, token_hex(16))
        for key in ("no router's", ROUTER_KEY):
            api.http.headers["x-router-key"] = key
            asked_by_hand(api, EMAIL, router_key)
    assert [one.trace_id for one in exported] == [router_key]
    assert "traceparent" not in last[0][0]


def test_whoever_is_not_trusted_names_the_trace_of_what_is_drawn(
    world: str, tmp_path: Path, collector: Collector
) -> None:
    trace_id = token_hex(16)
    drawing = {"graphql_trace_callers": (), "otel_traces_sampler_arg": 1.0}
    with exporting(world, tmp_path, collector, **drawing) as (api, exported):
        for flags in (SAMPLED, UNSAMPLED):
            asked_by_hand(api, EMAIL, trace_id, flags)
        for _ in range(10):
            api.data(EMAIL, viewer=ADA)
    named, others = exported[:2], exported[2:]
    assert [(one.trace_id, one.parent_id) for one in named] == [(trace_id, "ab" * 8)] * 2
    assert [one.parent_id for one in others] == [""] * 10
    assert len({one.trace_id for one in others}) == 10


def test_what_callers_ask_for_has_a_bound(world: str, tmp_path: Path, collector: Collector) -> None:
    bounded = {"otel_traces_others_per_second": 1}
    with exporting(world, tmp_path, collector, **bounded) as (api, exported):
        began = monotonic()
        for _ in range(20):
            asked_by_hand(api, EMAIL, token_hex(16))
        seconds = monotonic() - began
    assert 1 <= len(exported) <= 1 + seconds


def test_nothing_of_opentelemetry_is_imported_where_no_endpoint_is_set() -> None:
    # redis-py imports the interface of metrics wherever it finds it.
    ours = (
        "opentelemetry.sdk.trace",
        "opentelemetry.exporter",
        "opentelemetry.proto",
        "spans.otlp",
    )
    names = f"[name for name in sys.modules if name.startswith({ours})]"
    code = f"import sys, app.server, app.worker; print({names})"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert found.strip() == "[]"
