"""The contents of an export: the rows of every table, a readable page, and a manifest."""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson

from db.database import Snapshot
from db.personal.registry import BY_NAME, REGISTRY
from db.personal.vocabulary import ClassifiedTable
from db.queries.privacy import exported_rows
from db.queries.privacy.exported_rows import ExportedTable
from db.row import Row
from services.privacy.exports.archive import ArchiveWriter
from services.privacy.exports.page import conversations_page

PAGE, MANIFEST = "conversations.html", "manifest.json"
_LINE = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
_INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z


@dataclass(slots=True)
class _Lines:
    """The rows of a table as lines of JSON, counted as they are read."""

    table: ExportedTable
    rows: AsyncIterator[Row]
    count: int = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for row in self.rows:
            self.count += 1
            yield _line(row, self.table)


async def write_contents(
    archive: ArchiveWriter, snapshot: Snapshot, user_id: int, now: datetime
) -> None:
    """Write all data of a person in the snapshot."""
    # Any: JSON.
    files: list[dict[str, Any]] = []
    for table in exported_rows.EXPORTED:
        lines = _Lines(table, exported_rows.rows(snapshot, table, user_id))
        entry = await archive.add(f"{table.name}.jsonl", aiter(lines))
        files.append({**asdict(entry), "rows": lines.count, "columns": _columns(table.name)})
    conversations = exported_rows.conversations(snapshot, user_id)
    files.append(asdict(await archive.add(PAGE, conversations_page(conversations))))
    manifest = {
        "userId": user_id,
        "createdAt": now,
        "files": files,
        "notIncluded": [
            one for table in REGISTRY if table.owner_paths for one in _withheld_columns(table)
        ],
    }
    await archive.add(MANIFEST, _single_chunk(orjson.dumps(manifest, option=_INDENTED)))


def _columns(table: str) -> dict[str, str]:
    return {one.name: one.category.value for one in BY_NAME[table].exported_columns}


def _withheld_columns(table: ClassifiedTable) -> list[dict[str, str]]:
    return [
        {"table": table.name, "column": one.name, "reason": one.withheld}
        for one in table.columns
        if one.withheld is not None
    ]


def _line(row: Row, table: ExportedTable) -> bytes:
    values = {
        name: orjson.Fragment(value) if name in table.json_columns and value is not None else value
        for name, value in row.items()
    }
    return orjson.dumps(values, default=_hexadecimal, option=_LINE)


def _hexadecimal(value: object) -> str:
    """Bytes as hexadecimal text, since JSON has no bytes."""
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(type(value).__name__)


async def _single_chunk(content: bytes) -> AsyncIterator[bytes]:
    yield content
