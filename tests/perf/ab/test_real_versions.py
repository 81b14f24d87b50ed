"""Two real versions side by side, one slowed down on purpose: minutes, and only when asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from perf.ab.rounds import Plan, measure
from perf.ab.servers import Side, side_by_side
from perf.ab.sides import by_documents
from perf.ab.turns import Bounds
from perf.ab.verdicts import Change, OperationShift, judge
from perf.ab.versions import version_of
from perf.load.host import ROOT
from perf.load.own_server import THIS_VERSION, Version

QUOTA, PAGE = "Quota", "ConversationsWithMessages"
MINIMUM = 0.1
SLOWED = '''

_plain = create_app


def create_app():
    """A quarter of its time is added to every answer about messages."""
    import asyncio
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
            if message["type"] == "http.response.start" and b"ConversationsWithMessages" in body:
                await asyncio.sleep(0.25 * (perf_counter() - started))
            await send(message)

        return await app(scope, hear, say)

    return slowed
'''


@pytest.fixture(autouse=True)
def _only_when_asked_for(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--real-versions"):
        pytest.skip("takes minutes: --real-versions")


@contextmanager
def slowed_down(folder: Path) -> Iterator[Version]:
    """A copy of this version with something around it that adds a quarter."""
    for path in ROOT.iterdir():
        if path.name == "app":
            copytree(path, folder / path.name, ignore=ignore_patterns("__pycache__"))
        elif not path.name.startswith("."):
            (folder / path.name).symlink_to(path)
    server = folder / "app" / "server.py"
    server.write_text(server.read_text() + SLOWED)
    with version_of(str(folder)) as version:
        yield version


def compared(b: Version) -> dict[str, OperationShift]:
    plan = Plan((QUOTA, PAGE), Bounds(MINIMUM, seconds=240))
    with side_by_side(Side(THIS_VERSION), Side(b)) as (left, right):
        measured = measure(by_documents(left), by_documents(right), plan)
    return {one.name: one for one in judge(measured, minimum=MINIMUM)}


def test_a_version_that_is_a_fifth_slower_is_caught_and_named(tmp_path: Path) -> None:
    with slowed_down(tmp_path) as slower:
        found = compared(slower)
    assert found[PAGE].change is Change.SLOWER
    assert 0.5 in {one.probability for one in found[PAGE].changed(Change.SLOWER)}
    assert "server's own work" in found[PAGE].why[-1]
    assert found[QUOTA].change not in {Change.SLOWER, Change.FASTER}


def test_the_same_version_twice_is_not_called_different() -> None:
    found = compared(THIS_VERSION)
    assert not {one.change for one in found.values()} & {Change.SLOWER, Change.FASTER}
