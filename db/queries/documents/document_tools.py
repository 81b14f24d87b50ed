"""Statements about the operations of clients that agents may call as tools."""

from collections.abc import Mapping

from sqlalchemy import BigInteger, Integer, Text, bindparam, delete, or_, select
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import TrustedDocumentTool

_tool = TrustedDocumentTool
LIMITS = (
    "cost_per_call",
    "bytes_per_call",
    "ms_per_call",
    "cost_per_day",
    "bytes_per_day",
    "ms_per_day",
)
_NAMES = ("client_name", "operation_name")
_TOOLS = Statement(
    "operations.tools",
    select(*(getattr(_tool, name) for name in (*_NAMES, *LIMITS))),
)
_insert_tool = insert(_tool).values(
    **{name: bindparam(name, type_=Text) for name in _NAMES},
    **{
        name: bindparam(name, type_=Integer if name.endswith("_call") else BigInteger)
        for name in LIMITS
    },
)
_SET_TOOL = Statement(
    "operations.set_tool",
    _insert_tool.on_conflict_do_update(
        index_elements=list(_NAMES),
        set_={name: _insert_tool.excluded[name] for name in LIMITS},
        where=or_(*(getattr(_tool, name) != _insert_tool.excluded[name] for name in LIMITS)),
    ).returning(_tool.client_name),
)
_REMOVE_TOOL = Statement(
    "operations.remove_tool",
    delete(_tool)
    .where(
        _tool.client_name == bindparam("client_name", type_=Text),
        _tool.operation_name == bindparam("operation_name", type_=Text),
    )
    .returning(_tool.client_name),
)


@repository_method
async def tools(connection: Connection) -> list[Row]:
    """All tools."""
    return await connection.fetch(_TOOLS)


@repository_method
async def set_tool(
    connection: Connection, client_name: str, operation_name: str, limits: Mapping[str, int]
) -> bool:
    """Insert or replace a tool; False if it is so already. `limits` has every one of `LIMITS`."""
    rows = await connection.fetch(
        _SET_TOOL, client_name=client_name, operation_name=operation_name, **limits
    )
    return bool(rows)


@repository_method
async def remove_tool(connection: Connection, client_name: str, operation_name: str) -> bool:
    """Delete a tool; False if there is none."""
    rows = await connection.fetch(
        _REMOVE_TOOL, client_name=client_name, operation_name=operation_name
    )
    return bool(rows)
