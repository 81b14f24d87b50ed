"""The scenario of each of our documents: its caller, its preparation and its variables."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import count
from secrets import token_hex
from typing import Any, TypeAlias

from graphql import GraphQLInputObjectType

from app.settings.chat import STAND_IN
from gql.build import core_schema
from gql.documents.budgets.budget import DEFAULT
from gql.documents.budgets.variant_budgets import kind_of_caller
from gql.documents.budgets.variants import COMPANY, NOBODY, OPS, PERSON
from gql.documents.trusted_documents import TrustedDocument, trusted_documents
from perf.gate.data.callers import (
    TWICE_THE_ROWS,
    CallerGroup,
    anonymous,
    company,
    debtor,
    guidance_company,
    payer,
    plan_changer,
    reader,
    writer,
)
from perf.gate.data.restore import restore_credentials, restore_subscription
from perf.gate.execution.in_process import NOW, RunFailed
from perf.gate.execution.runner import DocumentRunner
from services.callers.principal import Principal

_TEXT = "How do I begin with the garden, and what can wait until spring?"
GATES_KEY = "the gate's"
"""What each caller's client calls a conversation and a message of the data."""
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
class ScenarioContext:
    """Runs documents for one group of callers."""

    runner: DocumentRunner
    callers: CallerGroup

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
    """A document that prepares others; raises `RunFailed` if it has no valid budget."""
    document = trusted_documents().get(name)
    if document is None:
        raise RunFailed(f"{name} is asked before, and cannot be: it has no budget that can be read")
    return document


async def _nothing(_asking: ScenarioContext) -> Variables:
    return {}


@dataclass(frozen=True, slots=True)
class Scenario:
    """The caller of a document, and the variables that cannot be derived from types, such as ids.

    `also` are more kinds of callers that are answered, besides those in `_ALLOWED`.
    """

    principal: Callable[[CallerGroup], Principal]
    variables: Callable[[ScenarioContext], Awaitable[Variables]] = _nothing
    also: tuple[str, ...] = ()

    @property
    def callers(self) -> tuple[str, ...]:
        """The kinds of callers that are answered, the usual one first."""
        return (*_ALLOWED[kind_of_caller(self.principal(TWICE_THE_ROWS))], *self.also)


async def _conversation(context: ScenarioContext, status: str = "ACTIVE") -> str:
    """The oldest remaining conversation of the writer."""
    viewer = await context.read(_OLDEST, writer(context.callers), {"status": status})
    return str(_one_of(viewer["conversations"])["id"])


# Any: data is JSON.
def _one_of(connection: Mapping[str, Any], place: int = 0) -> Any:
    """The node at a place of a list; raises `RunFailed` if the list is empty."""
    edges = connection["edges"]
    if not edges:
        raise RunFailed("there is nothing of what it needs")
    return edges[place]["node"]


async def _of_conversation(context: ScenarioContext) -> Variables:
    return {"conversationId": await _conversation(context)}


async def _own_conversation(context: ScenarioContext) -> Variables:
    viewer = await context.read(own_document("ConversationPage"), reader(context.callers), {})
    return {"conversationId": _one_of(viewer["conversations"])["id"]}


async def _on_conversation(context: ScenarioContext) -> Variables:
    return {"input": await _of_conversation(context)}


async def _on_archived_conversation(context: ScenarioContext) -> Variables:
    return {"input": {"conversationId": await _conversation(context, "ARCHIVED")}}


async def _renaming(context: ScenarioContext) -> Variables:
    return {"input": {"conversationId": await _conversation(context), "title": "The garden"}}


async def _sending(context: ScenarioContext) -> Variables:
    return await _of_conversation(context) | {"content": _TEXT} | _key()


async def _choosing(context: ScenarioContext) -> Variables:
    return await _sending(context) | {"model": STAND_IN}


async def _complete_reply(context: ScenarioContext) -> str:
    sent = await context.data("SendMessage", **await _sending(context))
    return str(sent["reply"]["id"])


async def _regenerating(context: ScenarioContext) -> Variables:
    return {"input": {"messageId": await _complete_reply(context), "model": STAND_IN} | _key()}


async def _rating(context: ScenarioContext) -> Variables:
    reply = await _complete_reply(context)
    return {"input": {"messageId": reply, "rating": "UP", "comment": "It says what to do."}}


async def _editing(context: ScenarioContext) -> Variables:
    sent = await context.data("SendMessage", **await _sending(context))
    edited = {"messageId": sent["message"]["id"], "content": _TEXT, "model": STAND_IN}
    return {"input": edited | _key()}


async def _on_last_message(context: ScenarioContext) -> Variables:
    conversation = await _conversation(context)
    found = await context.data("ConversationMessages", conversationId=conversation)
    return {"input": {"messageId": _one_of(found["messages"], -1)["id"]}}


async def _own_message(context: ScenarioContext, place: int = 0) -> Variables:
    variables = await _own_conversation(context)
    found = await context.read(
        own_document("ConversationMessages"), reader(context.callers), variables
    )
    return {"messageId": _one_of(found["messages"], place)["id"]}


async def _own_reply(context: ScenarioContext) -> Variables:
    return await _own_message(context, -1)


async def _own_branch(context: ScenarioContext) -> Variables:
    message = await _own_message(context)
    return await _own_conversation(context) | {"branch": message["messageId"]}


async def _with_tag(_asking: ScenarioContext) -> Variables:
    return {"tag": "garden", "pinned": True}


async def _tagging(context: ScenarioContext) -> Variables:
    return {"input": await _of_conversation(context) | {"tags": ["garden", "spring"]}}


async def _pinning(context: ScenarioContext) -> Variables:
    return {"input": await _of_conversation(context) | {"isPinned": True}}


async def _stopping(context: ScenarioContext) -> Variables:
    return {"input": {"messageId": await _complete_reply(context)}}


async def _following(context: ScenarioContext) -> Variables:
    sent = await context.data("StreamMessage", **await _sending(context))
    return {"messageId": sent["reply"]["id"]}


async def _sending_to_chat(context: ScenarioContext) -> Variables:
    return await _sending(context) | {"messageKey": "the gate's"}


async def _sending_to_keyed_chat(_asking: ScenarioContext) -> Variables:
    return {"conversationKey": new_key(), "content": _TEXT, "messageKey": "the gate's"} | _key()


async def _sending_after_reply(context: ScenarioContext) -> Variables:
    reply = await _complete_reply(context)
    return {"parentMessageId": reply, "content": _TEXT, "messageKey": "the gate's"} | _key()


async def _editing_in_chat(context: ScenarioContext) -> Variables:
    sent = await context.data("SendMessage", **await _sending(context))
    message = {"messageId": sent["message"]["id"], "messageKey": "the gate's"}
    return message | {"content": _TEXT} | _key()


async def _regenerating_in_chat(context: ScenarioContext) -> Variables:
    return {"messageId": await _complete_reply(context)} | _key()


async def _chat(context: ScenarioContext) -> Variables:
    return {"id": (await _own_conversation(context))["conversationId"]}


async def _keyed_chat(_asking: ScenarioContext) -> Variables:
    return {"key": GATES_KEY}


async def _chat_message(context: ScenarioContext) -> Variables:
    return await _chat(context) | {"messageKey": GATES_KEY}


async def _keyed_chat_message(_asking: ScenarioContext) -> Variables:
    return {"key": GATES_KEY, "messageKey": GATES_KEY}


async def _searching(context: ScenarioContext) -> Variables:
    return await _own_conversation(context) | {"query": "smallest step", "first": 20}


async def _with_key(_asking: ScenarioContext) -> Variables:
    return {"input": _key()}


async def _with_new_request(context: ScenarioContext) -> Variables:
    viewer = await context.data("PrivacyRequests", first=5)
    for edge in viewer["privacyRequests"]["edges"]:
        if edge["node"]["status"] == "REQUESTED":
            await context.data(
                "CancelPrivacyRequest", input={"privacyRequestId": edge["node"]["id"]}
            )
    return await _with_key(context)


def _paying(
    who: Callable[[CallerGroup], Principal],
) -> Callable[[ScenarioContext], Awaitable[Variables]]:
    async def paying(context: ScenarioContext) -> Variables:
        await restore_subscription(context.runner, who(context.callers))
        how = {"planCode": "basic-entry", "paymentMethodToken": "pm_card_ok"}
        return {"input": how | _key()}

    return paying


async def _moving(context: ScenarioContext) -> Variables:
    plan = await _comparing_plans(context)
    card = {"input": {"paymentMethodToken": "pm_card_ok"} | _key()}
    person = plan_changer(context.callers)
    await context.read(own_document("UpdatePaymentMethod"), person, card)
    viewer = await context.read(own_document("PlanChangePreview"), person, plan)
    due = viewer["planChangePreview"]["preview"]["amountDueCents"]
    return {"input": plan | {"expectedAmountDueCents": due} | _key()}


async def _ending(context: ScenarioContext) -> Variables:
    person = plan_changer(context.callers)
    await restore_subscription(context.runner, person, next_plan_code="basic-entry")
    return await _with_key(context)


async def _giving_a_card(context: ScenarioContext) -> Variables:
    await restore_subscription(context.runner, plan_changer(context.callers))
    return {"input": {"paymentMethodToken": "pm_card_ok"} | _key()}


async def _leaving_for_the_portal(context: ScenarioContext) -> Variables:
    await restore_subscription(context.runner, plan_changer(context.callers))
    return {"input": {"returnUrl": "https://example.com/account"}}


async def _comparing_plans(context: ScenarioContext) -> Variables:
    """To a dearer plan: the difference is paid, and more is done than for a cheaper one."""
    await restore_subscription(context.runner, plan_changer(context.callers), "basic-entry")
    return {"planCode": "premium-unlimited"}


async def _cancelling(context: ScenarioContext) -> Variables:
    payload = await context.data("RequestPrivacyDelete", **await _with_new_request(context))
    return {"input": {"privacyRequestId": payload["privacyRequest"]["id"]}}


async def _days(context: ScenarioContext) -> Variables:
    today = NOW.date()
    return {"from": str(today - timedelta(days=context.callers.rows - 1)), "to": str(today)}


async def _guidance(_asking: ScenarioContext) -> Variables:
    question = {"situation": "The support team falls behind.", "objective": "Answer in a day."}
    return {"input": question | _key()}


async def _with_room(context: ScenarioContext) -> Variables:
    await restore_credentials(context.runner, writer(context.callers))
    return await _with_key(context)


async def _with_credential(context: ScenarioContext) -> Variables:
    made = await context.data("CreateApiCredential", **await _with_room(context))
    return {"input": {"credentialId": made["credential"]["id"]}}


def _key() -> Variables:
    return {"idempotencyKey": new_key()}


def new_key() -> str:
    """A new idempotency key."""
    return f"gate-{_RUN}-{next(_keys):06}"


_OWN: Mapping[str, Scenario] = {
    "ApiCredentials": Scenario(reader),
    "BillingPortal": Scenario(plan_changer, _leaving_for_the_portal),
    "CancelPrivacyRequest": Scenario(writer, _cancelling),
    "CancelSubscription": Scenario(plan_changer, _ending),
    "ChangePlan": Scenario(plan_changer, _moving),
    "Chat": Scenario(reader, _chat),
    "ChatMessage": Scenario(reader, _chat_message),
    "Checkout": Scenario(payer, _paying(payer)),
    "ConversationBranch": Scenario(reader, _own_branch),
    "ConversationMessages": Scenario(reader, _own_conversation),
    "ConversationPage": Scenario(reader),
    "ConversationsByTag": Scenario(reader, _with_tag),
    "ConversationsWithMessages": Scenario(reader),
    "CreateApiCredential": Scenario(writer, _with_room),
    "CurrentSubscription": Scenario(reader),
    "DeleteMessage": Scenario(writer, _on_last_message),
    "EditMessage": Scenario(writer, _editing),
    "EditInChat": Scenario(writer, _editing_in_chat),
    "EnterpriseDailyUsage": Scenario(company, _days, also=(PERSON, OPS)),
    "EnterpriseInvoices": Scenario(reader, also=(COMPANY,)),
    "EnterpriseModelUsage": Scenario(reader, _days, also=(COMPANY,)),
    "EnterpriseUsage": Scenario(company, also=(PERSON, OPS)),
    "GiveFeedback": Scenario(writer, _rating),
    "GenerateGuidance": Scenario(guidance_company, _guidance),
    "KeyedChat": Scenario(reader, _keyed_chat),
    "KeyedChatMessage": Scenario(reader, _keyed_chat_message),
    "PlanChangePreview": Scenario(plan_changer, _comparing_plans),
    "Invoices": Scenario(reader),
    "ModelUsage": Scenario(reader, _days),
    "Models": Scenario(reader),
    "MessageSiblings": Scenario(reader, _own_message),
    "PinConversation": Scenario(writer, _pinning),
    "Plans": Scenario(anonymous),
    "PrivacyExportStatus": Scenario(reader),
    "PrivacyRequests": Scenario(reader),
    "Quota": Scenario(reader),
    "RatedMessages": Scenario(reader, _own_conversation),
    "RegenerateInChat": Scenario(writer, _regenerating_in_chat),
    "RegenerateReply": Scenario(writer, _regenerating),
    "RenameConversation": Scenario(writer, _renaming),
    "ReplyParts": Scenario(reader, _own_reply),
    "ReplyStream": Scenario(writer, _following),
    "RequestPrivacyDelete": Scenario(writer, _with_new_request),
    "RequestPrivacyExport": Scenario(writer, _with_new_request),
    "ResumeSubscription": Scenario(plan_changer, _ending),
    "RetryPayment": Scenario(debtor, _paying(debtor)),
    "RevokeApiCredential": Scenario(writer, _with_credential),
    "RotateApiCredential": Scenario(writer, _with_credential),
    "SearchMessages": Scenario(reader, _searching),
    "SelectBranch": Scenario(writer, _on_last_message),
    "SendMessage": Scenario(writer, _sending),
    "SendAfterReply": Scenario(writer, _sending_after_reply),
    "SendToChat": Scenario(writer, _sending_to_chat),
    "SendToKeyedChat": Scenario(writer, _sending_to_keyed_chat),
    "SendMessageToModel": Scenario(writer, _choosing),
    "SetConversationTags": Scenario(writer, _tagging),
    "StartConversation": Scenario(writer, _with_key),
    "StopReply": Scenario(writer, _stopping),
    "StreamMessage": Scenario(writer, _sending),
    "SubscriptionChanged": Scenario(reader),
    "UnarchiveConversation": Scenario(writer, _on_archived_conversation),
    "UpdatePaymentMethod": Scenario(plan_changer, _giving_a_card),
}
_INPUT = re.compile(r"mutation \w+\(\$input: (\w+)!\)")


@cache
def scenarios() -> Mapping[str, Scenario]:
    """The scenarios by document; a mutation of a conversation needs none of its own.

    Those of the callers that only read come first: what others have changes while the gate runs.
    """
    changing = (name for name, one in trusted_documents().items() if _is_of_conversation(one.text))
    derived = {name: Scenario(writer, _on_conversation) for name in changing if name not in _OWN}
    return {**_OWN, **derived}


def _is_of_conversation(text: str) -> bool:
    """Whether it is a mutation whose input has the id of a conversation, and no other key."""
    found = _INPUT.match(text)
    type_ = found and core_schema().type_map.get(found[1])
    if not isinstance(type_, GraphQLInputObjectType):
        return False
    return "conversationId" in type_.fields and "idempotencyKey" not in type_.fields
