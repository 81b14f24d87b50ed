"""Statements about the latency objectives that are agreed for clients' trusted documents."""

from sqlalchemy import Integer, Text, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import TrustedDocumentObjective

_objective = TrustedDocumentObjective
_OBJECTIVES = Statement(
    "operations.objectives",
    select(_objective.client_name, _objective.operation_name, _objective.p95_ms, _objective.p99_ms),
)
_insert_objective = insert(_objective).values(
    client_name=bindparam("client_name", type_=Text),
    operation_name=bindparam("operation_name", type_=Text),
    p95_ms=bindparam("p95_ms", type_=Integer),
    p99_ms=bindparam("p99_ms", type_=Integer),
)
_SET_OBJECTIVE = Statement(
    "operations.set_objective",
    _insert_objective.on_conflict_do_update(
        index_elements=[_objective.client_name, _objective.operation_name],
        set_={
            "p95_ms": _insert_objective.excluded.p95_ms,
            "p99_ms": _insert_objective.excluded.p99_ms,
        },
    ),
)
_REMOVE_OBJECTIVE = Statement(
    "operations.remove_objective",
    delete(_objective)
    .where(
        _objective.client_name == bindparam("client_name", type_=Text),
        _objective.operation_name == bindparam("operation_name", type_=Text),
    )
    .returning(_objective.client_name),
)


@repository_method
async def objectives(connection: Connection) -> list[Row]:
    """All objectives; one without an operation name is the default of its client."""
    return await connection.fetch(_OBJECTIVES)


@repository_method
async def set_objective(
    connection: Connection, client_name: str, operation_name: str, *, p95_ms: int, p99_ms: int
) -> None:
    """Insert or replace an objective."""
    await connection.fetch(
        _SET_OBJECTIVE,
        client_name=client_name,
        operation_name=operation_name,
        p95_ms=p95_ms,
        p99_ms=p99_ms,
    )


@repository_method
async def remove_objective(connection: Connection, client_name: str, operation_name: str) -> bool:
    """Delete an objective; False if there is none."""
    rows = await connection.fetch(
        _REMOVE_OBJECTIVE, client_name=client_name, operation_name=operation_name
    )
    return bool(rows)
