"""Upgrading or downgrading a database's schema to a revision."""

import asyncio
from collections.abc import Callable
from time import monotonic, sleep

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from db.schema.index_repair import repair_indexes
from db.schema.partitions.online import make_whole
from db.schema.revisions import SCRIPTS, revisions

HEAD, BASE = "head", "base"
_BUSY = {"55P03", "40P01"}
"""A lock that others hold for too long, and one for which somebody else waits for us."""
_LOCKED_SECONDS, _RETRY_SECONDS = 300.0, 0.1


class UnknownRevision(ValueError):
    """No migration has the requested revision, or the one that the database is at."""


def migrate(
    url: str, *, revision: str = HEAD, repaired: Callable[[str], None] = lambda _: None
) -> str:
    """Upgrade or downgrade the database at `url` to `revision`, and return the revision reached.

    At the head, indexes that differ from what the tables declare are rebuilt, and `repaired` is
    called with a description of each. Before a downgrade, partitioned tables are made whole.

    Each migration commits by itself and one process at a time migrates a database, so the next run
    continues an interrupted one. A lock is waited for only briefly, as others would queue behind,
    and requested again for five minutes. Blocks, and needs a thread without an event loop. Raises
    `UnknownRevision` and `IndexNotRepaired`.
    """
    history = revisions()
    target = {HEAD: history[-1], BASE: ""}.get(revision, revision)
    if target and target not in history:
        raise UnknownRevision(f"unknown revision {revision!r}; known: {', '.join(history)}")
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["url"] = url
    if (current := asyncio.run(_current(url))) in history and (
        not target or history.index(target) < history.index(current)
    ):
        # What migrations undo, they undo in tables of one part: a key without the person, first.
        make_whole(url)
    try:
        _move_when_unlocked(config, target)
    except CommandError as error:
        raise UnknownRevision(f"the database is not of this version: {error}") from error
    if target == history[-1]:
        for difference in asyncio.run(repair_indexes(url)):
            repaired(difference)
    return target or BASE


def data_losses(url: str, revision: str = HEAD) -> tuple[str, ...]:
    """What of the stored data `migrate` would destroy, one sentence for each migration.

    A downgrade drops what its migration added. An upgrade that destroys data says so in a constant
    of its module, `LOSES`. Raises what connecting raises.
    """
    current = asyncio.run(_current(url))
    history = revisions()
    if current not in history:
        return ()
    here = history.index(current)
    there = {HEAD: len(history) - 1, BASE: -1}.get(revision)
    if there is None:
        there = history.index(revision) if revision in history else here
    undone = [f"{one} is undone" for one in reversed(history[there + 1 : here + 1])]
    modules = {one.revision: one.module for one in ScriptDirectory(str(SCRIPTS)).walk_revisions()}
    lossy = [(one, getattr(modules[one], "LOSES", None)) for one in history[here + 1 : there + 1]]
    return (*undone, *(f"{one} loses {loses}" for one, loses in lossy if loses))


def postgresql_version(url: str) -> int:
    """The major version of the server at `url`; blocks."""

    async def ask() -> int:
        connection = await asyncpg.connect(url)
        try:
            return connection.get_server_version().major
        finally:
            await connection.close()

    return asyncio.run(ask())


async def _current(url: str) -> str | None:
    connection = await asyncpg.connect(url)
    try:
        found: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()
    return found


def _move_when_unlocked(config: Config, target: str) -> None:
    """Move, trying again while others hold locks that a migration needs."""
    deadline = monotonic() + _LOCKED_SECONDS
    while True:
        try:
            _move(config, target)
        except DBAPIError as error:
            is_locked = getattr(error.orig, "sqlstate", None) in _BUSY
            if not is_locked or monotonic() > deadline:
                raise
            sleep(_RETRY_SECONDS)
        else:
            return


def _move(config: Config, target: str) -> None:
    if target:
        # Only one of the two does anything: an upgrade to a revision that the database has passed
        # is a no-op, and so is a downgrade to one that it has not reached.
        command.upgrade(config, target)
        command.downgrade(config, target)
    else:
        command.downgrade(config, BASE)
