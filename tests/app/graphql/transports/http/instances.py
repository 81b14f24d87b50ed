"""Two servers of one database and one Redis, and what they answer by GET."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx2

from gql.documents.trusted_documents import trusted_documents
from services.documents.identifiers import hash_of
from tests.captured_logs import capture_logs
from tests.fixtures.servers.server import Api, token_of
from tests.fixtures.stores.world import ADA
from tests.waiting import until

PAGE = "ConversationsWithMessages"
OF_CALLER = "accept, accept-encoding, authorization, origin, x-api-key"


@dataclass(frozen=True, slots=True)
class Instances:
    """Two servers of one database and one Redis."""

    first: Api
    second: Api
    database_url: str


def get(
    api: Api, name: str, tag: str | None = None, *, viewer: int | None = ADA, **others: str
) -> httpx2.Response:
    """Ask one of our documents by its id."""
    headers = {"accept": "application/json"}
    if viewer is not None:
        headers["authorization"] = f"Bearer {token_of(viewer)}"
    if tag is not None:
        headers["if-none-match"] = tag
    document_id = hash_of(trusted_documents()[name].text)
    return api.http.get("/graphql", params={"documentId": document_id, **others}, headers=headers)


def statements_of(ask: Callable[[], httpx2.Response]) -> tuple[httpx2.Response, int]:
    """The answer, and the statements that its request ran."""
    with capture_logs() as lines:
        answer = ask()
        id_ = answer.headers["x-request-id"]
        until(lambda: any(one.get("request_id") == id_ and "ms" in one for one in lines))
    (line,) = [one for one in lines if one.get("request_id") == id_ and "ms" in one]
    return answer, line["statements"]
