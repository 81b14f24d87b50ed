"""How each of our own documents is asked: by whom, after what, and with which variables."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, TypeAlias
from uuid import uuid4

from gql.operations.budgets import TrustedDocument, trusted_documents
from perf.gate.callers import (
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
from perf.gate.running import NOW, Taken
from perf.gate.runs import Runs
from services.principal import Principal

_TEXT = "How do I begin with the garden, and what can wait until spring?"
_RUN, _keys = uuid4().hex[:8], count(1)
"""No key is used twice, whoever asked the same server before."""

# Any: variables and data are JSON.
Variables: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks on behalf of one size of callers."""

    runner: Runs
    callers: Callers

    async def take(self, document: TrustedDocument, flow: "Flow") -> Taken:
        """Run a document as its flow has it, and give what it took."""
        variables = await flow.variables(self)
        taken, _ = await self.runner.run(document, flow.principal(self.callers), variables)
        return taken

    # Any: data is JSON.
    async def data(self, name: str, **variables: Any) -> Any:
        """The only root field's value of what comes before, asked by whoever writes."""
        document, principal = trusted_documents()[name], writer(self.callers)
        _, (data,) = await self.runner.run(document, principal, variables)
        (value,) = data.values()
        return value


async def _nothing(_asking: Asking) -> Variables:
    return {}


@dataclass(frozen=True, slots=True)
class Flow:
    """Who asks, and what gives the variables."""

    principal: Callable[[Callers], Principal]
    variables: Callable[[Asking], Awaitable[Variables]] = _nothing


async def _conversation(asking: Asking) -> str:
    """The oldest conversation that is left of who writes."""
    viewer = await asking.data("ConversationPage", first=100)
    return str(viewer["conversations"]["edges"][-1]["node"]["id"])


async def _of_conversation(asking: Asking) -> Variables:
    return {"conversationId": await _conversation(asking)}


async def _own_conversation(asking: Asking) -> Variables:
    document, principal = trusted_documents()["ConversationPage"], reader(asking.callers)
    _, (data,) = await asking.runner.run(document, principal, {})
    return {"conversationId": data["viewer"]["conversations"]["edges"][0]["node"]["id"]}


async def _on_conversation(asking: Asking) -> Variables:
    return {"input": await _of_conversation(asking)}


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


async def _paying(_asking: Asking) -> Variables:
    return {"input": {"planCode": "basic-entry", "paymentMethodToken": "pm_card_ok"} | _key()}


async def _moving(_asking: Asking) -> Variables:
    return {"input": {"planCode": "basic-entry"} | _key()}


async def _cancelling(asking: Asking) -> Variables:
    payload = await asking.data("RequestPrivacyDelete", input=_key())
    return {"input": {"privacyRequestId": payload["privacyRequest"]["id"]}}


async def _days(asking: Asking) -> Variables:
    today = NOW.date()
    return {"from": str(today - timedelta(days=asking.callers.rows - 1)), "to": str(today)}


async def _guidance(_asking: Asking) -> Variables:
    question = {"situation": "The support team falls behind.", "objective": "Answer in a day."}
    return {"input": question | _key()}


async def _with_credential(asking: Asking) -> Variables:
    made = await asking.data("CreateApiCredential", input=_key())
    return {"input": {"credentialId": made["credential"]["id"]}}


def _key() -> Variables:
    return {"idempotencyKey": f"gate-{_RUN}-{next(_keys)}"}


FLOWS: Mapping[str, Flow] = {
    "ApiCredentials": Flow(reader),
    "ArchiveConversation": Flow(writer, _on_conversation),
    "CancelPrivacyRequest": Flow(writer, _cancelling),
    "ChangePlan": Flow(mover, _moving),
    "Checkout": Flow(payer, _paying),
    "ConversationMessages": Flow(reader, _own_conversation),
    "ConversationPage": Flow(reader),
    "ConversationsWithMessages": Flow(reader),
    "CreateApiCredential": Flow(writer, _with_key),
    "CurrentSubscription": Flow(reader),
    "DeleteConversation": Flow(writer, _on_conversation),
    "EnterpriseDailyUsage": Flow(company, _days),
    "EnterpriseUsage": Flow(company),
    "GenerateGuidance": Flow(asking_company, _guidance),
    "Plans": Flow(nobody),
    "PrivacyExportStatus": Flow(reader),
    "PrivacyRequests": Flow(reader),
    "Quota": Flow(reader),
    "RegenerateReply": Flow(writer, _regenerating),
    "RenameConversation": Flow(writer, _renaming),
    "ReplyStream": Flow(writer, _following),
    "RequestPrivacyDelete": Flow(writer, _with_key),
    "RequestPrivacyExport": Flow(writer, _with_key),
    "RetryPayment": Flow(debtor, _paying),
    "RevokeApiCredential": Flow(writer, _with_credential),
    "RotateApiCredential": Flow(writer, _with_credential),
    "SendMessage": Flow(writer, _sending),
    "StartConversation": Flow(writer, _with_key),
    "StopReply": Flow(writer, _stopping),
    "StreamMessage": Flow(writer, _sending),
    "UnarchiveConversation": Flow(writer, _on_conversation),
}
