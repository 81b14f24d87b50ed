"""What a statement carries as a comment: its method, and the operation that it runs for."""

import pytest
from sqlalchemy import select, text

from db.database import Connection, Database
from db.request_scope import RequestScope
from db.statement import MOST_OPERATIONS, Statement
from tests.db.plan_statements import on

ITSELF = "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()"


def test_the_server_sees_method_and_operation(database_url: str) -> None:
    statement = Statement("test.itself", text(ITSELF))

    async def seen(connection: Connection) -> str:
        (row,) = await connection.fetch(statement)
        return str(row["query"])

    async def scenario(database: Database) -> None:
        async with database.read() as connection:
            assert await seen(connection) == f"/* test.itself */ {ITSELF}"
            with RequestScope("ConversationPage") as scope:
                assert await seen(connection) == f"/* test.itself ConversationPage */ {ITSELF}"
            with RequestScope():
                assert await seen(connection) == f"/* test.itself */ {ITSELF}"
        assert scope.statements == ["test.itself"]

    on(database_url, scenario)


@pytest.mark.parametrize("name", ["", "*/ DROP TABLE users; /*", "a b", "é", "A" * 101, "A\n"])
def test_what_is_no_name_is_left_out(name: str) -> None:
    statement = Statement("test.one", select(text("1")))
    assert statement.sql_for(name) == statement.sql == "/* test.one */ SELECT 1"


def test_a_statement_has_as_many_texts_as_it_may_have_operations_and_no_more() -> None:
    statement = Statement("test.one", select(text("1")))
    texts = {statement.sql_for(f"Operation{number}") for number in range(MOST_OPERATIONS + 50)}
    assert len(texts) == MOST_OPERATIONS + 1
    assert statement.sql_for("Operation0") == "/* test.one Operation0 */ SELECT 1"
    assert statement.sql_for("Operation149") == statement.sql
