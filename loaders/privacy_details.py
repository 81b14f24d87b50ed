"""Archives and receipts of privacy requests, and requests of erased people."""

from collections import defaultdict
from datetime import datetime

from db.database import Database
from db.queries.privacy import export_archives, privacy_requests
from db.row import Row
from loaders.batching.loader import Loader
from loaders.batching.rows_by_id import rows_in_key_order


def archive_by_request(
    database: Database, viewer_id: int | None, now: datetime
) -> Loader[int, Row | None]:
    """By request id; None for a request without an archive that can be downloaded at `now`.

    And for one that is not the viewer's.
    """

    async def batch(request_ids: list[int]) -> list[Row | None]:
        if viewer_id is None:
            return [None] * len(request_ids)
        async with database.read() as connection:
            rows = await export_archives.by_request(connection, request_ids, viewer_id, now)
        return rows_in_key_order(request_ids, rows, "request_id")

    return Loader(batch)


def erased_tables_by_request(database: Database) -> Loader[int, tuple[Row, ...]]:
    """By request id: each table, with how many of its rows were erased."""

    async def batch(request_ids: list[int]) -> list[tuple[Row, ...]]:
        async with database.read() as connection:
            rows = await privacy_requests.erased_tables(connection, request_ids)
        found: dict[int, list[Row]] = defaultdict(list)
        for row in rows:
            found[row["request_id"]].append(row)
        return [tuple(found[id_]) for id_ in request_ids]

    return Loader(batch)


def requests_of_nobody(database: Database) -> Loader[int, Row | None]:
    """By id: requests whose person has been erased."""

    async def batch(ids: list[int]) -> list[Row | None]:
        async with database.read() as connection:
            rows = await privacy_requests.requests_of_nobody(connection, ids)
        return rows_in_key_order(ids, rows, "id")

    return Loader(batch)
