"""What of asyncpg is relied on beyond its documentation: a version without it fails here first."""

import tomllib
from pathlib import Path

import asyncpg

import db

ROOT = Path(db.__file__).parents[1]


async def test_a_prepared_state_runs_again_and_the_protocol_says_whether_it_is_connected(
    database_url: str,
) -> None:
    driver = await asyncpg.connect(database_url)
    protocol = driver._protocol  # type: ignore[attr-defined]
    prepared = await driver.prepare("SELECT $1::int + 1 AS next")
    state = prepared._state  # type: ignore[attr-defined]
    for arguments in ([1], (1,)):
        (row,) = await protocol.bind_execute(state, arguments, "", 0, False, None)
        assert row["next"] == 2
    assert driver._transport.get_extra_info("socket") is not None  # type: ignore[attr-defined]
    assert protocol.is_connected()
    driver.terminate()
    assert not protocol.is_connected()


def test_the_version_is_bounded() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (bound,) = (one for one in project["dependencies"] if one.startswith("asyncpg"))
    assert ",<" in bound


def test_one_module_names_these_parts() -> None:
    named = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "db").rglob("*.py")
        if "._protocol" in path.read_text() or "bind_execute" in path.read_text()
    ]
    assert named == ["db/connections/session.py"]
