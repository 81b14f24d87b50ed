"""Upgrading or downgrading a database's schema to a revision."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

import db
from db.schema.index_repair import repair_indexes

SCRIPTS = Path(db.__file__).parents[1] / "migrations"

HEAD, BASE = "head", "base"


class UnknownRevision(ValueError):
    """No migration has the requested revision, or the one that the database is at."""


def migrate(
    url: str, *, revision: str = HEAD, repaired: Callable[[str], None] = lambda _: None
) -> str:
    """Upgrade or downgrade the database at `url` to `revision`, and return the revision reached.

    At the head, indexes that differ from what the tables declare are rebuilt, and `repaired` is
    called with a description of each.

    Each migration commits by itself and one process at a time migrates a database, so the next run
    continues an interrupted one. Blocks, and needs a thread without an event loop. Raises
    `UnknownRevision` and `IndexNotRepaired`.
    """
    history = revisions()
    target = {HEAD: history[-1], BASE: ""}.get(revision, revision)
    if target and target not in history:
        raise UnknownRevision(f"unknown revision {revision!r}; known: {', '.join(history)}")
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["url"] = url
    try:
        _move(config, target)
    except CommandError as error:
        raise UnknownRevision(f"the database is not of this version: {error}") from error
    if target == history[-1]:
        for difference in asyncio.run(repair_indexes(url)):
            repaired(difference)
    return target or BASE


def _move(config: Config, target: str) -> None:
    if target:
        # Only one of the two does anything: an upgrade to a revision that the database has passed
        # is a no-op, and so is a downgrade to one that it has not reached.
        command.upgrade(config, target)
        command.downgrade(config, target)
    else:
        command.downgrade(config, BASE)


def revisions(scripts: Path = SCRIPTS) -> tuple[str, ...]:
    """The revisions of this code, or of another version's scripts, oldest first."""
    found = ScriptDirectory(str(scripts)).walk_revisions()
    return tuple(script.revision for script in found)[::-1]
