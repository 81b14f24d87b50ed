"""What the database's own views and logs say of a statement: who ran it, and for what."""

import asyncio

from gql.operations.budgets import trusted_documents
from tests.fixtures.postgres import rows_of
from tests.fixtures.server import Api
from tests.fixtures.world import ADA

LAST = """SELECT split_part(query, '*/', 1) FROM pg_stat_activity
  WHERE application_name = 'guidance-api' AND datname = current_database()
  ORDER BY query_start DESC LIMIT 1"""


def last_comment(url: str) -> str:
    """The comment of the statement that ran last."""
    ((comment,),) = asyncio.run(rows_of(url, LAST))
    return str(comment)


def test_only_operations_of_our_own_documents_are_named(api: Api, world: str) -> None:
    ours = trusted_documents()["ConversationPage"].text
    api.data(ours, viewer=ADA)
    assert last_comment(world) == "/* conversations.page_by_user ConversationPage "
    api.data(
        "query ConversationPage { viewer { conversations(first: 1) { totalCount } } }", viewer=ADA
    )
    assert last_comment(world) == "/* conversations.count_by_user "
