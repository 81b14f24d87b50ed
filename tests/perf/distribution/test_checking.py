"""Statements that name nobody are found, whatever they hide it behind; ours name somebody."""

import pytest
from click.testing import CliRunner
from sqlalchemy import BigInteger, bindparam, text

from db.statement import Statement
from perf.distribution.binding import read
from perf.distribution.checking import citus_problems, statement_problems, table_problems
from perf.distribution.command import check_distribution
from perf.distribution.exemptions import EXEMPTIONS, MANY_AT_ONCE
from perf.distribution.statements import all_statements


def test_all_that_the_product_can_ask_names_whose_rows_it_is_about() -> None:
    statements = all_statements()
    assert len(statements) > 380
    assert list(statement_problems(statements)) == []
    assert list(citus_problems(statements)) == []
    assert list(table_problems()) == []


def test_the_command_says_so() -> None:
    result = CliRunner().invoke(check_distribution)
    assert result.exit_code == 0, result.output
    assert "statements name whose rows they are about" in result.output


def planted(sql: str, name: str = "planted.statement") -> Statement:
    names = ("user", "people", "conversation", "account")
    used = [bindparam(one, type_=BigInteger) for one in names if f":{one}" in sql]
    return Statement(name, text(sql).bindparams(*used))


def unbound(sql: str) -> list[str]:
    """The tables of which a statement does not say whose rows it means."""
    statement = planted(sql)
    reading = read(statement.body, statement.names)
    return [use.table for use in reading.uses if use.origin is None]


BOUND = [
    "SELECT FROM chat_messages WHERE user_id = :user AND id = 1",
    "SELECT FROM chat_messages m WHERE :user = m.user_id",
    "SELECT FROM chat_messages WHERE user_id = ANY (CAST(:people AS bigint[]))",
    (
        "SELECT FROM chat_messages m JOIN chat_conversations c ON c.user_id = m.user_id "
        "WHERE c.user_id = :user"
    ),
    (
        "WITH person AS (SELECT id FROM users WHERE id = :user) "
        "INSERT INTO chat_conversations (user_id, title) SELECT person.id, 'T' FROM person"
    ),
    (
        "SELECT FROM unnest(CAST(:people AS bigint[])) AS parent (id), LATERAL "
        "(SELECT FROM chat_conversations WHERE user_id = parent.id) AS page"
    ),
    (
        "SELECT FROM privacy_export_tokens t JOIN privacy_exports e ON e.user_id = t.user_id "
        "WHERE t.request_id = :conversation"
    ),
    (
        "DELETE FROM chat_messages WHERE user_id = :user AND EXISTS "
        "(SELECT FROM chat_conversations c WHERE c.user_id = chat_messages.user_id)"
    ),
    (
        "SELECT FROM chat_messages WHERE (user_id, id) IN "
        "(SELECT user_id, id FROM chat_messages WHERE user_id = :user LIMIT 5)"
    ),
    "SELECT FROM billing_plans",
    (
        "WITH one AS (SELECT * FROM unnest(CAST(:people AS bigint[])) AS one (user_id)) "
        "DELETE FROM chat_messages USING one WHERE chat_messages.user_id = one.user_id"
    ),
]
UNBOUND = {
    "SELECT FROM chat_messages WHERE id = :conversation": ["chat_messages"],
    "SELECT FROM chat_messages WHERE user_id = :user OR id = 1": ["chat_messages"],
    "SELECT FROM chat_messages WHERE user_id > :user": ["chat_messages"],
    "SELECT FROM chat_messages WHERE user_id <> ALL (CAST(:people AS bigint[]))": ["chat_messages"],
    "SELECT FROM chat_messages WHERE NOT user_id = :user": ["chat_messages"],
    "SELECT FROM chat_messages WHERE user_id + 0 = :user": ["chat_messages"],
    "SELECT FROM chat_messages m JOIN chat_conversations c ON c.id = m.conversation_id "
    "WHERE c.user_id = :user": ["chat_messages"],
    "SELECT FROM chat_messages m FULL JOIN chat_conversations c ON c.user_id = m.user_id "
    "AND c.user_id = :user": ["chat_messages", "chat_conversations"],
    "SELECT (SELECT count(*) FROM audit_events) FROM users WHERE id = :user": ["audit_events"],
    "WITH all_of_them AS (SELECT user_id FROM chat_messages) SELECT FROM all_of_them "
    "WHERE user_id = :user": ["chat_messages"],
    "UPDATE chat_messages SET content = '' WHERE id = :conversation": ["chat_messages"],
    "INSERT INTO chat_conversations (title, user_id) SELECT title, id FROM users, billing_plans": [
        "users",
        "chat_conversations",
    ],
    "SELECT FROM users WHERE id = :user UNION ALL SELECT FROM users": ["users"],
}


@pytest.mark.parametrize("sql", BOUND)
def test_a_bound_statement(sql: str) -> None:
    assert unbound(sql) == []


@pytest.mark.parametrize("sql", UNBOUND)
def test_a_statement_that_is_not_bound(sql: str) -> None:
    assert unbound(sql) == UNBOUND[sql]


def test_a_planted_statement_is_red_with_a_sentence() -> None:
    (problem, *_) = statement_problems([planted("SELECT FROM chat_messages WHERE id = :user")])
    assert problem == (
        "planted.statement does not name whose rows of chat_messages it is about: bind user_id by "
        "equality, or say in perf/distribution/exemptions.py why not"
    )


def test_rows_never_change_hands() -> None:
    moved = planted("UPDATE chat_messages SET user_id = :account WHERE user_id = :user")
    assert "planted.statement assigns to user_id of chat_messages, which never changes" in list(
        statement_problems([moved])
    )


def test_an_exemption_that_nothing_needs_is_red() -> None:
    problems = list(statement_problems([]))
    assert len(problems) == len(EXEMPTIONS)
    assert all("needs the exemption" in one for one in problems)
    assert len(list(citus_problems([]))) == len(MANY_AT_ONCE)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT FROM users WHERE id = ANY (CAST(:people AS bigint[])) FOR UPDATE",
        (
            "WITH gone AS (DELETE FROM chat_messages WHERE user_id = :user) "
            "DELETE FROM enterprise_credentials WHERE enterprise_account_id = :account"
        ),
    ],
)
def test_what_is_locked_or_changed_together_is_one_persons(sql: str) -> None:
    assert [one for one in citus_problems([planted(sql)]) if one.startswith("planted.")]
