"""How each of our own documents is asked: by whom, after what, and with which variables."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, TypeAlias

from gql.operations.budgets import trusted_documents
from perf.gate.running import NOW, Runner, Taken
from services.principal import ANONYMOUS, ApiClient, Person, Principal

_TEXT = "How do I begin with the garden, and what can wait until spring?"
_keys = count(1)

# Any: variables and data are JSON.
Variables: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Callers:
    """Five people who have `rows` of everything, and their companies; see `callers.sql`.

    Only the first two send messages, and only the first is read about, so that no document sees
    what another one did.
    """

    first_person: int
    first_account: int
    rows: int

    def person(self, place: int) -> Principal:
        """One of the people."""
        return Person(self.first_person + place)

    def client(self, place: int) -> Principal:
        """The client of one of the companies."""
        account = self.first_account + place
        return ApiClient(account, 100 * account + 1)


FEW, TWICE_AS_MANY = Callers(2001, 1501, rows=12), Callers(2006, 1506, rows=24)


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks on behalf of one size of callers."""

    runner: Runner
    callers: Callers

    async def take(self, name: str) -> Taken:
        """Run a document as its flow has it, and give what it took."""
        flow = FLOWS[name]
        variables = await flow.variables(self)
        taken, _ = await self.runner.run(
            trusted_documents()[name], flow.principal(self.callers), variables
        )
        return taken

    # Any: data is JSON.
    async def data(self, name: str, **variables: Any) -> Any:
        """The only root field's value of what comes before, asked by whoever writes."""
        document, principal = trusted_documents()[name], _writer(self.callers)
        _, (data,) = await self.runner.run(document, principal, variables)
        (value,) = data.values()
        return value


def _reader(callers: Callers) -> Principal:
    return callers.person(0)


def _writer(callers: Callers) -> Principal:
    return callers.person(1)


def _payer(callers: Callers) -> Principal:
    return callers.person(2)


def _debtor(callers: Callers) -> Principal:
    return callers.person(3)


def _mover(callers: Callers) -> Principal:
    return callers.person(4)


def _company(callers: Callers) -> Principal:
    return callers.client(0)


def _asking_company(callers: Callers) -> Principal:
    return callers.client(1)


def _nobody(_callers: Callers) -> Principal:
    return ANONYMOUS


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
    document, principal = trusted_documents()["ConversationPage"], _reader(asking.callers)
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
    return {"idempotencyKey": f"gate-{next(_keys)}"}


FLOWS: Mapping[str, Flow] = {
    "ApiCredentials": Flow(_reader),
    "ArchiveConversation": Flow(_writer, _on_conversation),
    "CancelPrivacyRequest": Flow(_writer, _cancelling),
    "ChangePlan": Flow(_mover, _moving),
    "Checkout": Flow(_payer, _paying),
    "ConversationMessages": Flow(_reader, _own_conversation),
    "ConversationPage": Flow(_reader),
    "ConversationsWithMessages": Flow(_reader),
    "CreateApiCredential": Flow(_writer, _with_key),
    "CurrentSubscription": Flow(_reader),
    "DeleteConversation": Flow(_writer, _on_conversation),
    "EnterpriseDailyUsage": Flow(_company, _days),
    "EnterpriseUsage": Flow(_company),
    "GenerateGuidance": Flow(_asking_company, _guidance),
    "Plans": Flow(_nobody),
    "PrivacyExportStatus": Flow(_reader),
    "PrivacyRequests": Flow(_reader),
    "Quota": Flow(_reader),
    "RegenerateReply": Flow(_writer, _regenerating),
    "RenameConversation": Flow(_writer, _renaming),
    "ReplyStream": Flow(_writer, _following),
    "RequestPrivacyDelete": Flow(_writer, _with_key),
    "RequestPrivacyExport": Flow(_writer, _with_key),
    "RetryPayment": Flow(_debtor, _paying),
    "RevokeApiCredential": Flow(_writer, _with_credential),
    "RotateApiCredential": Flow(_writer, _with_credential),
    "SendMessage": Flow(_writer, _sending),
    "StartConversation": Flow(_writer, _with_key),
    "StopReply": Flow(_writer, _stopping),
    "StreamMessage": Flow(_writer, _sending),
    "UnarchiveConversation": Flow(_writer, _on_conversation),
}
