"""Time that is lost in one place: the comparison names the place, and blames nothing else."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.perf.planted.planted_source import Edit, Ran, planted

METHOD = Edit(
    "db/queries/clauses/keyset_query.py",
    "        return await connection.fetch(statement, **bound)\n",
    "        import time\n        time.sleep(0.03)\n"
    "        return await connection.fetch(statement, **bound)\n",
)
BATCH = Edit(
    "loaders/quota_by_user.py",
    '                used[row["user_id"]] = row["used"]\n',
    "                import time\n                time.sleep(0.03)\n"
    '                used[row["user_id"]] = row["used"]\n',
)
RESOLVER = Edit(
    "gql/schema/user.py",
    "        return info.context.loaders.subscription.start(self.key)",
    "        import time\n        time.sleep(0.03)\n"
    "        return info.context.loaders.subscription.start(self.key)",
)
MODEL = Edit(
    "clients/llm/resilience/model.py",
    "    return await anext(pieces, None)",
    "    await asyncio.sleep(0.003)\n    return await anext(pieces, None)",
)
ENCODER = Edit(
    "app/http/json_encoding.py",
    "        return orjson.dumps(body, option=orjson.OPT_UTC_Z)\n"
    "    with trace.span(_ENCODER):\n"
    "        return orjson.dumps(body, option=orjson.OPT_UTC_Z)\n",
    "        return _checked(body)\n    with trace.span(_ENCODER):\n        return _checked(body)\n"
    "\n\ndef _checked(body: Any) -> bytes:\n    import time\n    time.sleep(0.03)\n"
    "    return orjson.dumps(body, option=orjson.OPT_UTC_Z)\n",
)
LEAF = Edit(
    "gql/schema/scalars.py",
    "encode_instant = partial(orjson.dumps, option=orjson.OPT_UTC_Z)\n",
    "def encode_instant(instant: datetime) -> bytes:\n    import time\n    time.sleep(0.03)\n"
    "    return orjson.dumps(instant, option=orjson.OPT_UTC_Z)\n\n\n",
)
JOB = (
    Edit("app/graphql/documents/published.py", "POLL_SECONDS = 1.0", "POLL_SECONDS = 0.0005"),
    Edit(
        "app/graphql/documents/published.py",
        "            version = await self._registry.version()",
        "            for _ in range(20):\n                version = await self._registry.version()",
    ),
)
DATABASE = (
    Edit(
        "db/queries/chat/quota.py",
        '        DailyQuotaUsage.usage_date == bindparam("day"),\n    ),\n)\n_given_back',
        '        DailyQuotaUsage.usage_date == bindparam("day"),\n'
        '        literal_column("pg_sleep(0.03)::text").is_not(None),\n    ),\n)\n_given_back',
    ),
)
CONNECTION = (
    Edit(
        "db/connections/connection.py",
        "        session = self._pool.acquire_idle()\n        if session is None:\n"
        "            started = perf_counter()\n            try:\n",
        "        session = None\n        if session is None:\n"
        "            started = perf_counter()\n            try:\n",
    ),
    Edit(
        "db/connections/pool.py",
        "        async with asyncio.timeout(patience_seconds):\n"
        "            session = self.acquire_idle()\n",
        "        async with asyncio.timeout(patience_seconds):\n"
        "            await asyncio.sleep(0.03)\n            session = self.acquire_idle()\n",
    ),
)
AUTHENTICATION = Edit(
    "app/authentication/authenticator.py",
    '        authorization = headers.get("authorization")\n        if authorization is None or',
    "        import time\n        time.sleep(0.03)\n"
    '        authorization = headers.get("authorization")\n        if authorization is None or',
)
BLOCKING_JOB = (
    Edit("app/graphql/documents/published.py", "POLL_SECONDS = 1.0", "POLL_SECONDS = 0.02"),
    Edit(
        "app/graphql/documents/published.py",
        "            version = await self._registry.version()",
        "            import time\n            time.sleep(0.03)\n"
        "            version = await self._registry.version()",
    ),
)
_REASON = re.compile(r"^(\w+): (.+) takes (\d+\.\d) ms of a request instead of", re.MULTILINE)


def compared(folder: Path, *fault: Edit, operations: Sequence[str]) -> Ran:
    """A planted copy, measured in turns beside one with nothing planted."""
    before, _ = planted(folder / "a"), planted(folder / "b", *fault)
    sides = ("--a", folder / "a", "--b", folder / "b", "--out", folder / "out")
    requested = [word for name in operations for word in ("--operation", name)]
    return before.guidance("perf", "ab", *sides, *requested, "--minutes", "0.5")


def blamed(ran: Ran) -> dict[str, list[tuple[str, float]]]:
    """What is said to take more time, and how much it takes, by operation."""
    found: dict[str, list[tuple[str, float]]] = {}
    for operation, part, milliseconds in _REASON.findall(ran.output):
        found.setdefault(operation, []).append((part, float(milliseconds)))
    return found


def assert_blamed(ran: Ran, operation: str, part: str, milliseconds: float) -> None:
    """Fail unless one part is blamed for what an operation lost, with about what it takes."""
    named = blamed(ran).get(operation, [])
    assert [one for one, _ in named] == [part], ran.output
    assert milliseconds <= named[0][1] <= milliseconds + 15, ran.output


@pytest.mark.planted
def test_python_of_a_method_of_a_loader_of_a_resolver_and_the_model(tmp_path: Path) -> None:
    operations = ("ConversationPage", "CurrentSubscription", "Quota", "GenerateGuidance")
    ran = compared(tmp_path, METHOD, BATCH, RESOLVER, MODEL, operations=operations)
    method = "the Python of conversations.page_by_user"
    assert_blamed(ran, "ConversationPage", method, 30)
    assert_blamed(ran, "CurrentSubscription", "the resolver User.subscription", 30)
    assert "the Python of the loader quota for User.quota" in dict(blamed(ran)["Quota"]), ran.output
    assert "waiting for the model" in dict(blamed(ran)["GenerateGuidance"]), ran.output


@pytest.mark.planted
@pytest.mark.parametrize(
    ("fault", "part"),
    [
        (DATABASE, "quota.used_by_user in the database"),
        (CONNECTION, "waiting for a connection in Quota"),
        ((AUTHENTICATION,), "finding out who asks for Quota"),
        (BLOCKING_JOB, "waiting for a busy event loop, or a processor, in Quota"),
    ],
)
def test_what_is_waited_for(fault: tuple[Edit, ...], part: str, tmp_path: Path) -> None:
    ran = compared(tmp_path, *fault, operations=("Quota",))
    assert part in dict(blamed(ran).get("Quota", [])), ran.output


@pytest.mark.planted
def test_the_encoder(tmp_path: Path) -> None:
    ran = compared(tmp_path, ENCODER, operations=("Quota", "EnterpriseUsage"))
    assert_blamed(ran, "Quota", "the encoder of Quota", 30)
    assert_blamed(ran, "EnterpriseUsage", "the encoder of EnterpriseUsage", 30)


@pytest.mark.planted
def test_what_writes_the_leaves_of_a_field(tmp_path: Path) -> None:
    ran = compared(tmp_path, LEAF, operations=("Quota", "EnterpriseUsage"))
    assert_blamed(ran, "Quota", "writing what User.quota gives", 30)
    assert_blamed(ran, "EnterpriseUsage", "writing what EnterpriseAccount.usage gives", 30)


@pytest.mark.planted
def test_a_job_that_runs_statements_all_the_time(tmp_path: Path) -> None:
    ran = compared(tmp_path, *JOB, operations=("Quota", "Plans"))
    # What keeps a processor awake may even make requests quicker.
    assert ran.status in {0, 1}, ran.output
    assert "the background job follow_documents took " in ran.output
    assert "operations.version in the database" not in ran.output


@pytest.mark.planted
def test_nothing_is_blamed_where_nothing_is_planted(tmp_path: Path) -> None:
    """So short a comparison may detect nothing, and says so."""
    ran = compared(tmp_path, operations=("Quota", "ConversationPage"))
    assert ran.status in {0, 12}, ran.output
    assert (blamed(ran), " is slower: " in ran.output) == ({}, False), ran.output
