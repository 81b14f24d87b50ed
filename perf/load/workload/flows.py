"""The critical flows: operations with their share of the mix, caller and variables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from gql.documents.trusted_documents import Budget, budget_for, trusted_documents

NEW = "SendMessage (new)"
"""A message that starts a conversation."""

# Any: variables are JSON.
Variables: TypeAlias = Callable[[str], dict[str, Any]]
"""Makes variables from an idempotency key that is unique to the request."""


class Caller(Enum):
    """Who sends a flow: any person, one with message quota, one who leaves, or a company."""

    PERSON = "person"
    SENDER = "sender"
    LEAVER = "leaver"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class Flow:
    """An operation in the mix; `weight` is its share of all requests in percent.

    `of` names the trusted document if several flows use the same one, and `text` is the document of
    an operation that is not trusted. A flow that `continues` adds to a conversation of its caller.
    """

    name: str
    weight: int
    caller: Caller = Caller.PERSON
    variables: Variables = lambda _: {}
    waits_for_model: bool = False
    text: str | None = None
    of: str | None = None
    continues: bool = False

    @property
    def operation_name(self) -> str:
        """The name of the operation."""
        return self.of or self.name

    @property
    def document(self) -> str:
        """The text of the document."""
        return trusted_documents()[self.operation_name].text if self.text is None else self.text

    @property
    def budget(self) -> Budget:
        """The budget of the operation."""
        return budget_for(self.operation_name)

    @property
    def is_read(self) -> bool:
        """Whether it is a query, for which the read objectives hold."""
        return self.document.startswith("query")


def _message(key: str) -> dict[str, Any]:
    return {"content": "How do I prepare for a difficult conversation?", "idempotencyKey": key}


def _guidance(key: str) -> dict[str, Any]:
    return {
        "input": {
            "situation": "A customer is late with a payment.",
            "objective": "Get paid and keep the customer.",
            "idempotencyKey": key,
        }
    }


FLOWS: Mapping[str, Flow] = {
    flow.name: flow
    for flow in (
        Flow("Quota", 20),
        Flow("CurrentSubscription", 12),
        Flow("ConversationPage", 16),
        Flow("ConversationsWithMessages", 14),
        Flow("SendMessage", 4, Caller.SENDER, _message, waits_for_model=True, continues=True),
        Flow(NEW, 4, Caller.SENDER, _message, waits_for_model=True, of="SendMessage"),
        Flow("PrivacyExportStatus", 10),
        Flow(
            "RequestPrivacyDelete",
            6,
            Caller.LEAVER,
            lambda key: {"input": {"idempotencyKey": key}},
        ),
        Flow("EnterpriseUsage", 8, Caller.COMPANY),
        Flow("GenerateGuidance", 6, Caller.COMPANY, _guidance, waits_for_model=True),
    )
}
