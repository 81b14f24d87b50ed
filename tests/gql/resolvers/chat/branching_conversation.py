"""A conversation that forks, over HTTP: what is sent there, and what is shown of it."""

from secrets import token_hex
from typing import Any

from tests.fixtures.servers.chat import REGENERATE, SENT, Chat
from tests.fixtures.stores.world import ADA

EDIT = SENT + "mutation ($input: EditMessageInput!) { editMessage(input: $input) { ...Sent } }"
SELECT = """mutation ($input: MessageInput!) { selectBranch(input: $input) {
  conversation { id lastMessage { id } } userErrors { code field retryAfterSeconds } } }"""
DELETE = """mutation ($input: MessageInput!) { deleteMessage(input: $input) {
  deletedMessageIds conversation { messageCount lastMessage { id } }
  userErrors { code field retryAfterSeconds } } }"""
PATH = """query ($id: ID!, $branch: ID, $last: Int, $before: String) { conversation(id: $id) {
  messageCount lastMessage { id }
  messages(branch: $branch, last: $last, before: $before) {
    edges { node {
      id content parent { id } siblingCount siblingIndex
      siblings { edges { node { id } } pageInfo { hasNextPage } }
    } }
    pageInfo { hasPreviousPage startCursor }
  }
} }"""
SIBLINGS = """query ($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on Message {
  siblings(first: $first, after: $after) {
    edges { node { content } } pageInfo { hasNextPage endCursor }
  } } } }"""


class Conversation:
    """A conversation of Ada's that forks: what is sent there, and what is shown of it."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.first = chat.send("One")
        self.id: str = self.first["conversation"]["id"]

    # Any: payloads are JSON.
    def send(self, content: str, parent: str | None = None, **more: Any) -> dict[str, Any]:
        place = {"conversationId": self.id, "parentMessageId": parent} | more
        return done(self.chat.send(content, **place))

    def edit(self, message: str, content: str, **more: Any) -> dict[str, Any]:
        given = {"messageId": message, "content": content, "idempotencyKey": token_hex()} | more
        return self.chat.payload(EDIT, given)

    def regenerate(self, message: str, **more: Any) -> dict[str, Any]:
        given = {"messageId": message, "idempotencyKey": token_hex()} | more
        return self.chat.payload(REGENERATE, given)

    def path(self, branch: str | None = None, **page: Any) -> list[dict[str, Any]]:
        variables = {"id": self.id, "branch": branch, "last": 100} | page
        found = self.chat.api.data(PATH, variables, viewer=ADA)["conversation"]
        return [edge["node"] for edge in found["messages"]["edges"]]

    def questions(self, branch: str | None = None) -> list[str]:
        """The contents of the person's messages on a path."""
        return [one["content"] for one in self.path(branch)][::2]


def done(payload: dict[str, Any]) -> dict[str, Any]:
    assert payload["userErrors"] == []
    return payload


def refusal(payload: dict[str, Any]) -> tuple[str, str]:
    (error,) = payload["userErrors"]
    return error["code"], error["field"][-1]


def asked(chat: Chat) -> list[str]:
    """What the model was given last, without the instructions."""
    return [one["content"] for one in chat.stand_in.prompts()[-1][1:]]
