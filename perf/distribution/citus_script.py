"""The script that distributes the tables with Citus, from the registry of personal data."""

from collections.abc import Iterator

from db.tables import Table
from perf.distribution.tables import DISTRIBUTED

_HEAD = """\
-- Distributes the tables of a migrated database with Citus; run it on the coordinator, as its
-- superuser, before the service serves from it. Written by `make generate`.
--
-- Nobody has tried it yet: `guidance db check-distribution` proves what it can without Citus.
-- Try it in this order: this script on an empty database; that rows of lookups appear with their
-- rows, as Citus documents no triggers on distributed tables and only has a setting for them;
-- `guidance db seed` and the tests of the API; the worker; then an erasure; then rebalancing.
\\set ON_ERROR_STOP on
CREATE EXTENSION IF NOT EXISTS citus;
SET citus.enable_unsafe_triggers TO on;
"""


def citus_script() -> str:
    """The whole script: tables that are everywhere, then the parts, those referred to first."""
    return "\n".join((_HEAD, *_everywhere(), "", *_parts(), ""))


def _everywhere() -> Iterator[str]:
    for table in Table.metadata.sorted_tables:
        if table.name not in DISTRIBUTED:
            yield f"SELECT create_reference_table('{table.name}');"


def _parts() -> Iterator[str]:
    """People's tables beside `users`, and companies' beside `enterprise_accounts`.

    Rows of one are together, so that they can be joined, referred to and changed at once.
    """
    for table in Table.metadata.sorted_tables:
        column = DISTRIBUTED.get(table.name)
        if column is not None:
            beside = "users" if column == "user_id" else "enterprise_accounts"
            beside = "none" if column == "id" else beside
            yield (
                f"SELECT create_distributed_table('{table.name}', '{column}', "
                f"colocate_with => '{beside}');"
            )
