"""Latencies that a comparison of means passes over, planted, and named by `guidance perf ab`."""

from pathlib import Path

import pytest

from perf.load.host import ROOT
from tests.perf.planted.source import Edit, Ran, assert_caught, planted

DOCUMENT = "ConversationsWithMessages"
_AROUND = '''def create_app():
    """What is planted takes place before the answer begins, of one document."""
    import asyncio
    import random
    from time import perf_counter

    app = _plain()

    async def slowed(scope, receive, send):
        if scope["type"] != "http":
            return await app(scope, receive, send)
        started, body = perf_counter(), b""

        async def hear():
            nonlocal body
            message = await receive()
            body += message.get("body", b"")
            return message

        async def say(message):
            if message["type"] == "http.response.start" and b"DOCUMENT" in body:
                took = perf_counter() - started
                PLANTED
            await send(message)

        return await app(scope, hear, say)

    return slowed


def _plain('''
FAULTS = {
    "a tail of 8% at four times": (
        "await asyncio.sleep(3 * took * (random.random() < 0.08))",
        "p95 ",
    ),
    "a fifth of everything": (
        "until = perf_counter() + 0.25 * took\n                while perf_counter() < until: pass",
        "p50 ",
    ),
    "a tenth of the median": (
        "until = perf_counter() + 0.15 * took\n                while perf_counter() < until: pass",
        "p50 ",
    ),
}
EACH_TENTH_CALL = (
    Edit("gql/resolvers/query.py", "import strawberry\n", "import strawberry\nimport asyncio\n"),
    Edit(
        "gql/resolvers/query.py",
        "        plans = await info.context.loaders.plans_on_sale.load(ALL_PLANS)\n",
        "        plans = await info.context.loaders.plans_on_sale.load(ALL_PLANS)\n"
        "        calls = Query.calls = getattr(Query, 'calls', 0) + 1\n"
        "        await asyncio.sleep(0.025 * (calls % 10 == 0))\n",
    ),
)
pytestmark = pytest.mark.planted


def compared(folder: Path, *fault: Edit, document: str = DOCUMENT) -> Ran:
    source = planted(folder, *fault)
    asked = ("--operation", document, "--operation", "Quota", "--minutes", "4")
    return source.guidance("perf", "ab", "--a", ROOT, "--b", folder, *asked)


def test_no_fault_is_found_where_none_is_planted(tmp_path: Path) -> None:
    """On a noisy machine it may be that nothing can be told, and that is said."""
    ran = compared(tmp_path)
    assert ran.status in {0, 12}, ran.output
    assert " is slower: " not in ran.output


def test_what_a_resolver_does_in_each_tenth_call_is_named(tmp_path: Path) -> None:
    ran = compared(tmp_path, *EACH_TENTH_CALL, document="Plans")
    assert_caught(ran, "Plans is slower: ")
    (said,) = (line for line in ran.output.splitlines() if line.startswith("Plans is slower"))
    # What is asked after a pause of 25 ms is a little slower too, and is named as well.
    assert "p95 " in said


@pytest.mark.parametrize("name", FAULTS)
def test_a_slower_quantile_is_named(name: str, tmp_path: Path) -> None:
    fault, quantile = FAULTS[name]
    around = _AROUND.replace("DOCUMENT", DOCUMENT).replace("PLANTED", fault)
    ran = compared(tmp_path, Edit("app/server.py", "def create_app(", around))
    assert_caught(ran, f"{DOCUMENT} is slower: ")
    (said,) = (line for line in ran.output.splitlines() if line.startswith(f"{DOCUMENT} is slower"))
    assert quantile in said
