"""The trial: the primary is killed and its standby promoted; then the master of Redis is killed."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from time import monotonic

from perf.chaos.failover.writers import Written, longest_pause, writing
from perf.chaos.people_of_cluster import make_people
from perf.servers.cluster.cluster import Cluster

_PEOPLE = 20
_TITLES = "SELECT string_agg(title, E'\\n') FROM chat_conversations"
_MESSAGES = "SELECT string_agg(content, E'\\n') FROM chat_messages WHERE role = 'user'"
_BEING_WRITTEN = "SELECT count(*) FROM reply_generations"
_LEDGER = """
SELECT count(*) FROM daily_quota_usages counter WHERE used <> (
  SELECT coalesce(sum(units), 0) FROM quota_ledger_entries entry
  WHERE entry.user_id = counter.user_id AND entry.usage_date = counter.usage_date)
"""
_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class FailoverPlan:
    """How long people write before, between and after the failures, and until the promotion."""

    seconds: float
    promoted_after_seconds: float


@dataclass(frozen=True, slots=True)
class FailoverResult:
    """What was written, what is stored, and how long nobody could write."""

    written: Written
    lost: int
    doubled: int
    wrong_counters: int
    unfinished: int
    seconds_after_promotion: float
    longest_pause_of_redis: float


async def run_trial(plan: FailoverPlan, cluster: Cluster) -> FailoverResult:
    """Run it; the cluster has lost its first PostgreSQL and its first Redis afterwards."""
    people = await asyncio.to_thread(make_people, cluster, _PEOPLE)
    async with writing(people) as written:
        await asyncio.sleep(plan.seconds)
        await asyncio.to_thread(cluster.primary.kill)
        await asyncio.sleep(plan.promoted_after_seconds)
        await asyncio.to_thread(cluster.standby.run, "SELECT pg_promote()")
        promoted_at = monotonic()
        seconds = await _first_answer_after(written, promoted_at)
        await asyncio.sleep(plan.seconds)
        redis_killed_at = monotonic()
        await asyncio.to_thread(cluster.services["redis-1"].kill)
        await asyncio.sleep(plan.seconds)
    unfinished = await _wait_for_replies(cluster)
    titles = await _stored(cluster, _TITLES)
    messages = await _stored(cluster, _MESSAGES)
    return FailoverResult(
        written,
        _missing(written.titles, titles) + _missing(written.messages, messages),
        _surplus(titles) + _surplus(messages),
        int(str(await asyncio.to_thread(cluster.standby.run, _LEDGER))),
        unfinished,
        seconds,
        longest_pause([at for at in written.answered_at if at >= redis_killed_at]),
    )


async def _first_answer_after(written: Written, moment: float) -> float:
    """Wait for the first write that is answered after `moment`; how much later it is, or inf."""
    deadline = moment + _PATIENCE_SECONDS
    while written.answered_at[-1] < moment:
        if monotonic() > deadline:
            return inf
        await asyncio.sleep(_POLL_SECONDS)
    return next(at for at in written.answered_at if at >= moment) - moment


async def _wait_for_replies(cluster: Cluster) -> int:
    """Wait until no reply is being written, for a minute; how many still are then."""
    deadline, left = monotonic() + _PATIENCE_SECONDS, 1
    while left and monotonic() < deadline:
        left = int(str(await asyncio.to_thread(cluster.standby.run, _BEING_WRITTEN)))
        await asyncio.sleep(_POLL_SECONDS)
    return left


async def _stored(cluster: Cluster, query: str) -> list[str]:
    return str(await asyncio.to_thread(cluster.standby.run, query) or "").split("\n")


def _missing(acknowledged: Sequence[str], stored: Sequence[str]) -> int:
    return len(set(acknowledged) - set(stored))


def _surplus(stored: Sequence[str]) -> int:
    return sum(count - 1 for count in Counter(stored).values())
