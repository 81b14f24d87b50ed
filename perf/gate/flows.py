"""The scenario of each of our documents: its caller, its preparation and its variables."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from secrets import token_hex
from typing import Any, TypeAlias

from gql.documents.agreement import DEFAULT
from gql.documents.budgets import TrustedDocument, trusted_documents
from gql.documents.callers import kind_of_caller
from gql.documents.variants import COMPANY, NOBODY, OPS, PERSON
from perf.gate.callers import (
    TWICE_AS_MANY,
    Callers,
    asking_company,
    company,
    debtor,
    mover,
    nobody,
    payer,
    reader,
    writer,
)
from perf.gate.restoring import restore_credentials, restore_subscription
from perf.gate.running import NOW, FlowFailed
from perf.gate.runs import Runs
from services.principal import Principal

_TEXT = "How do I begin with the garden, and what can wait until spring?"
_OLDEST = """query Oldest($status: ConversationStatus) {
  viewer { conversations(last: 1, status: $status) { edges { node { id } } } }
}"""
_ALLOWED = {
    NOBODY: (NOBODY, PERSON, COMPANY, OPS),
    PERSON: (PERSON, OPS),
    COMPANY: (COMPANY,),
}
_RUN, _keys = token_hex(4), count(1)
"""Idempotency keys are unique in each run, also on a database that an earlier run filled."""

# Any: variables and data are JSON.
Variables: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asking:
    """Runs documents for one group of callers."""

    runner: Runs
    callers: Callers

    # Any: data is JSON.
    async def data(self, name: str, **variables: Any) -> Any:
        """The value of the only root field of another document, run by the writer."""
        return await self.read(own_document(name), writer(self.callers), variables)

    # Any: as above.
    async def read(
        self, document: TrustedDocument | str, principal: Principal, variables: Mapping[str, Any]
    ) -> Any:
        """The value of the only root field of a document, or of a query text."""
        if isinstance(document, str):
            document = TrustedDocument("Before", document, DEFAULT)
        _, (data,) = await self.runner.run(document, principal, variables)
        (value,) = data.values()
        return value


def own_document(name: str) -> TrustedDocument:
    """A document that prepares others; raises `FlowFailed` if it has no valid budget."""
    document = trusted_documents().get(name)
    if document is None:
        raise FlowFailed(
            f"{name} is asked before, and cannot be: it has no budget that can be read"
        )
    return document


async def _nothing(_asking: Asking) -> Variables:
    return {}


@dataclass(frozen=True, slots=True)
class Flow:
    """The caller of a document, and the variables that cannot be derived from types, such as ids.

    `also` are more kinds of callers that are answered, besides those in `_ALLOWED`.
    """

    principal: Callable[[Callers], Principal]
    variables: Callable[[Asking], Awaitable[Variables]] = _nothing
    also: tuple[str, ...] = ()

    @property
    def callers(self) -> tuple[str, ...]:
        """The kinds of callers that are answered, the usual one first."""
        return (*_ALLOWED[kind_of_caller(self.principal(TWICE_AS_MANY))], *self.also)


async def _conversation(asking: Asking, status: str = "ACTIVE") -> str:
    """The oldest remaining conversation of the writer."""
    viewer = await asking.read(_OLDEST, writer(asking.callers), {"status": status})
    return str(viewer["conversations"]["edges"][0]["node"]["id"])


async def _of_conversation(asking: Asking) -> Variables:
    return {"conversationId": await _conversation(asking)}


async def _own_conversation(asking: Asking) -> Variables:
    viewer = await asking.read(own_document("ConversationPage"), reader(asking.callers), {})
    return {"conversationId": viewer["conversations"]["edges"][0]["node"]["id"]}


async def _on_conversation(asking: Asking) -> Variables:
    return {"input": await _of_conversation(asking)}


async def _on_archived_conversation(asking: Asking) -> Variables:
    return {"input": {"conversationId": await _conversation(asking, "ARCHIVED")}}


async def _renaming(asking: Asking) -> Variables:
    return {"input": {"conversationId": await _conversation(asking), "title": "The garden"}}


async def _sending(asking: Asking) -> Variables:
    return await _of_conversation(asking) | {"content": _TEXT} | _key()


async def _complete_reply(asking: Asking) -> str:
    sent = await asking.data("SendMessage", **await _sending(asking))
    return str(sent["reply"]["id"])


async def _regenerating(asking: Asking) -> Variables:
    return {"input": {"messageId": await _complete_reply(asking)} | _key()}


async def _stopping(asking: Asking) -> Variables:
    return {"input": {"messageId": await _complete_reply(asking)}}


async def _following(asking: Asking) -> Variables:
    sent = await asking.data("StreamMessage", **await _sending(asking))
    return {"messageId": sent["reply"]["id"]}


async def _with_key(_asking: Asking) -> Variables:
    return {"input": _key()}


async def _with_new_request(asking: Asking) -> Variables:
    viewer = await asking.data("PrivacyRequests", first=5)
    for edge in viewer["privacyRequests"]["edges"]:
        if edge["node"]["status"] == "REQUESTED":
            await asking.data(
                "CancelPrivacyRequest", input={"privacyRequestId": edge["node"]["id"]}
            )
    return await _with_key(asking)


def _paying(who: Callable[[Callers], Principal]) -> Callable[[Asking], Awaitable[Variables]]:
    async def paying(asking: Asking) -> Variables:
        await restore_subscription(asking.runner, who(asking.callers))
        how = {"planCode": "basic-entry", "paymentMethodToken": "pm_card_ok"}
        return {"input": how | _key()}

    return paying


async def _moving(asking: Asking) -> Variables:
    await restore_subscription(asking.runner, mover(asking.callers))
    return {"input": {"planCode": "basic-entry"} | _key()}


async def _cancelling(asking: Asking) -> Variables:
    payload = await asking.data("RequestPrivacyDelete", **await _with_new_request(asking))
    return {"input": {"privacyRequestId": payload["privacyRequest"]["id"]}}


async def _days(asking: Asking) -> Variables:
    today = NOW.date()
    return {"from": str(today - timedelta(days=asking.callers.rows - 1)), "to": str(today)}


async def _guidance(_asking: Asking) -> Variables:
    question = {"situation": "The support team falls behind.", "objective": "Answer in a day."}
    return {"input": question | _key()}


async def _with_room(asking: Asking) -> Variables:
    await restore_credentials(asking.runner, writer(asking.callers))
    return await _with_key(asking)


async def _with_credential(asking: Asking) -> Variables:
    made = await asking.data("CreateApiCredential", **await _with_room(asking))
    return {"input": {"credentialId": made["credential"]["id"]}}


def _key() -> Variables:
    return {"idempotencyKey": new_key()}


def new_key() -> str:
    """A new idempotency key."""
    return f"gate-{_RUN}-{next(_keys):06}"


FLOWS: Mapping[str, Flow] = {
    "ApiCredentials": Flow(reader),
    "ArchiveConversation": Flow(writer, _on_conversation),
    "CancelPrivacyRequest": Flow(writer, _cancelling),
    "ChangePlan": Flow(mover, _moving),
    "Checkout": Flow(payer, _paying(payer)),
    "ConversationMessages": Flow(reader, _own_conversation),
    "ConversationPage": Flow(reader),
    "ConversationsWithMessages": Flow(reader),
    "CreateApiCredential": Flow(writer, _with_room),
    "CurrentSubscription": Flow(reader),
    "DeleteConversation": Flow(writer, _on_conversation),
    "EnterpriseDailyUsage": Flow(company, _days, also=(PERSON, OPS)),
    "EnterpriseUsage": Flow(company, also=(PERSON, OPS)),
    "GenerateGuidance": Flow(asking_company, _guidance),
    "Plans": Flow(nobody),
    "PrivacyExportStatus": Flow(reader),
    "PrivacyRequests": Flow(reader),
    "Quota": Flow(reader),
    "RegenerateReply": Flow(writer, _regenerating),
    "RenameConversation": Flow(writer, _renaming),
    "ReplyStream": Flow(writer, _following),
    "RequestPrivacyDelete": Flow(writer, _with_new_request),
    "RequestPrivacyExport": Flow(writer, _with_new_request),
    "RetryPayment": Flow(debtor, _paying(debtor)),
    "RevokeApiCredential": Flow(writer, _with_credential),
    "RotateApiCredential": Flow(writer, _with_credential),
    "SendMessage": Flow(writer, _sending),
    "StartConversation": Flow(writer, _with_key),
    "StopReply": Flow(writer, _stopping),
    "StreamMessage": Flow(writer, _sending),
    "UnarchiveConversation": Flow(writer, _on_archived_conversation),
}
