"""What the database's own views and logs say of a statement: who ran it, and for what."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlsplit

from gql.documents.trusted_documents import trusted_documents
from tests.app.graphql.pipeline.locked_table import locked
from tests.app.http.protocol.raw_exchange import ANSWER, encode_post, read_until
from tests.fixtures.servers.server import Api
from tests.fixtures.stores.postgres import rows_of
from tests.fixtures.stores.world import ADA
from tests.waiting import PATIENCE_SECONDS, until

LAST = """SELECT split_part(query, '*/', 1) FROM pg_stat_activity
  WHERE application_name = 'guidance-api' AND datname = current_database()
  ORDER BY query_start DESC LIMIT 1"""

LONG_WAITING = """SELECT count(*) FROM pg_stat_activity WHERE application_name = 'guidance-api'
  AND datname = current_database() AND wait_event_type = 'Lock'
  AND clock_timestamp() - query_start > interval '200 ms'"""


OWN = ("operations.version ", "document_use.note ", ".has_released ")
"""How the comments end of what the server asks by itself now and then."""


def last_comment(url: str, ask: Callable[[], object]) -> str:
    """The comment of the last statement for what is asked; asked again where its own came after."""
    while True:
        ask()
        ((comment,),) = asyncio.run(rows_of(url, LAST))
        # The driver's statements, when it opens a connection, have none.
        if comment.startswith("/*") and not comment.endswith(OWN):
            return str(comment)


def test_only_operations_of_our_own_documents_are_named(api: Api, world: str) -> None:
    ours = trusted_documents()["ConversationPage"].text
    named = "/* conversations.page_by_user ConversationPage "
    assert last_comment(world, lambda: api.data(ours, viewer=ADA)) == named
    other = "query ConversationPage { viewer { conversations(first: 1) { totalCount } } }"
    unnamed = "/* conversations.count_by_user "
    assert last_comment(world, lambda: api.data(other, viewer=ADA)) == unnamed


def test_what_follows_on_a_connection_is_not_of_the_operation_before(
    api: Api, world: str, api_key: str
) -> None:
    def waits_long() -> bool:
        ((waiting,),) = asyncio.run(rows_of(world, LONG_WAITING))
        return bool(waiting)

    place = urlsplit(str(api.http.base_url))
    # For a body as large as this the server pauses reading, and begins again while it answers.
    large = b'{"documentId":"x-guidance-Plans"}'.ljust(100_000)
    with closing(
        socket.create_connection((place.hostname, place.port), PATIENCE_SECONDS)
    ) as connection:
        with locked(world):
            connection.sendall(encode_post(body=large))
            until(waits_long)
        read_until(connection, b"}]}}")

        def ask() -> None:
            connection.sendall(encode_post(b"x-api-key: " + api_key.encode()))
            read_until(connection, ANSWER.removesuffix(b"}"))

        assert last_comment(world, ask) == "/* credentials.by_key "
