"""The type of the signed-in person."""

from datetime import datetime
from typing import Annotated, Self

import strawberry
from strawberry import UNSET

from db.page import Page, filter_by
from db.row import Row
from db.states import ConversationStatus, PrivacyRequestKind
from gql.context import Info, page_reads
from gql.errors import Unauthenticated
from gql.schema import described
from gql.schema.billing.invoice import INVOICES, InvoiceConnection
from gql.schema.billing.plan_change import PlanChangePreviewPayload, shown_or_refused
from gql.schema.billing.quota import Quota
from gql.schema.billing.subscription import BillingSubscription
from gql.schema.chat.conversation import (
    TAGS_WEIGHT,
    ClientKey,
    Conversation,
    ConversationConnection,
    conversations_of,
)
from gql.schema.chat.models import ChatModel, ModelUsage
from gql.schema.chat.search import (
    SEARCH_WEIGHT,
    ConversationFilter,
    MessageSearchConnection,
    Query,
    Since,
    Until,
    found_messages,
)
from gql.schema.connections import After, Before, First, Last, requested_page
from gql.schema.day_span import FirstDay, LastDay, check_span
from gql.schema.node import Node
from gql.schema.privacy.request import PRIVACY_REQUESTS, PrivacyRequest, PrivacyRequestConnection
from gql.values.cost_weights import ROWS_WEIGHT, Weight
from gql.values.ids import global_id
from gql.values.mapped_future import map_future
from gql.values.mappings import Sourced
from loaders import ModelUseKey, ModelUseOfDay, PageKey, Slice
from loaders.batching.loader import LoaderFuture
from services.billing.records import Subscription
from services.conversations.rules import tag_to_find
from services.generation.models.catalogue import ChatModel as ChatModelRecord
from services.quota.records import Quota as QuotaRecord

MODELS_WEIGHT = Weight(own_cost=1, item_cost=0)
"""They are in memory."""

StatusFilter = Annotated[
    ConversationStatus | None,
    strawberry.argument(
        description="Lists only conversations with this status; left out, all of them."
    ),
]
PinnedFilter = Annotated[
    bool | None,
    strawberry.argument(
        description="Lists only conversations that are pinned, or that are not; left out, both."
    ),
]
TagFilter = Annotated[
    str | None, strawberry.argument(description="Lists only conversations with this tag.")
]
KindFilter = Annotated[
    PrivacyRequestKind | None,
    strawberry.argument(description="Lists only requests of this kind; left out, of both."),
]
KindArgument = Annotated[
    PrivacyRequestKind,
    strawberry.argument(description="The kind of request of which the latest is given."),
]
PlanCode = Annotated[
    str, strawberry.argument(description="The `code` of a plan that `plans` lists.")
]


@strawberry.type(description="A person who uses the product.")
class User(Node):
    """The viewer; other people are never shown.

    The id comes from the token, so only fields that the token does not contain cost a statement.
    """

    @described.field("The address that the person signs in with.")
    def email(self, info: Info) -> str:
        return map_future(info.context.loaders.user.start(self.key), _email)

    @described.field("When the person signed up.")
    def created_at(self, info: Info) -> datetime:
        return map_future(info.context.loaders.user.start(self.key), _created_at)

    @described.field("The person's subscription; inactive where there is none.")
    def subscription(self, info: Info) -> Sourced[BillingSubscription, LoaderFuture[Subscription]]:
        return info.context.loaders.subscription.start(self.key)

    @described.field("What the person may still send today.")
    def quota(self, info: Info) -> Sourced[Quota, LoaderFuture[QuotaRecord]]:
        return info.context.loaders.quota.start(self.key)

    @described.field("What a change to this plan would do now, to the cent; changes nothing.")
    async def plan_change_preview(
        self, info: Info, plan_code: PlanCode
    ) -> PlanChangePreviewPayload:
        return await shown_or_refused(
            info.context.services.plan_changes.preview(self.key, plan_code)
        )

    @described.field("The person's conversations, the last changed first.")
    def conversations(
        self,
        info: Info,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
        status: StatusFilter = UNSET,
        pinned: PinnedFilter = UNSET,
        tag: TagFilter = UNSET,
    ) -> Sourced[ConversationConnection, LoaderFuture[Slice]]:
        is_pinned = pinned if isinstance(pinned, bool) else None
        filter_ = filter_by(
            status=status or None,
            is_pinned=is_pinned or None,
            is_not_pinned=is_pinned is False or None,
            tag=tag_to_find(tag) if isinstance(tag, str) else None,
        )
        return conversations_of(
            self.key, filter_, info, first=first, after=after, last=last, before=before
        )

    @described.field("The tags in use, in alphabetical order; at most 1,000.", TAGS_WEIGHT)
    def tags(self, info: Info) -> Sourced[list[str], LoaderFuture[tuple[str, ...]]]:
        return info.context.loaders.tags_by_user.start(self.key)

    @described.field(
        "The conversation that a client started under a name of its own, its `conversationKey`; "
        "null when there is none."
    )
    def conversation_by_key(
        self, info: Info, key: ClientKey
    ) -> Sourced[Conversation | None, LoaderFuture[Row | None]]:
        return info.context.loaders.conversation_by_key.start(key)

    @described.field(
        "The viewer's own messages that hold what is searched for, best first: whole words before "
        "beginnings of words, those before misspellings, and newer messages before older ones.",
        SEARCH_WEIGHT,
    )
    async def search_messages(
        self,
        info: Info,
        query: Query,
        first: First = UNSET,
        after: After = UNSET,
        conversation_id: ConversationFilter = UNSET,
        since: Since = UNSET,
        until: Until = UNSET,
    ) -> MessageSearchConnection:
        return await found_messages(
            info.context,
            self.key,
            query,
            first=first or None,
            after=after or None,
            conversation_id=conversation_id or None,
            since=since or None,
            until=until or None,
        )

    @described.field("The models that the person's plan allows, the default first.", MODELS_WEIGHT)
    def models(self, info: Info) -> Sourced[list[ChatModel], tuple[ChatModelRecord, ...]]:
        models = info.context.services.guidance.models
        return map_future(
            info.context.loaders.subscription.start(self.key), lambda found: models(found.plan)
        )

    @described.field(
        "What language models took for the person's replies and titles. One row per UTC day and "
        "model that was used, oldest first; at most 400 days.",
        ROWS_WEIGHT,
    )
    def model_usage(
        self, info: Info, from_: FirstDay, to: LastDay
    ) -> Sourced[list[ModelUsage], LoaderFuture[list[ModelUseOfDay]]]:
        check_span(from_, to)
        key = ModelUseKey(self.key, from_, to, shows_cost=info.context.is_operator)
        return info.context.loaders.model_use.start(key)

    @described.field("The person's privacy requests, the newest first.")
    def privacy_requests(
        self,
        info: Info,
        first: First = UNSET,
        after: After = UNSET,
        kind: KindFilter = UNSET,
    ) -> Sourced[PrivacyRequestConnection, LoaderFuture[Slice]]:
        page = requested_page(PRIVACY_REQUESTS, self.key, first=first, after=after)
        key = PageKey(self.key, page, filter_by(kind=kind or None), page_reads(info))
        return info.context.loaders.privacy_requests_by_user.start(key)

    @described.field("The person's invoices and credit notes, the newest first.")
    def invoices(
        self, info: Info, first: First = UNSET, after: After = UNSET
    ) -> Sourced[InvoiceConnection, LoaderFuture[Slice]]:
        page = requested_page(INVOICES, self.key, first=first, after=after)
        key = PageKey(self.key, page, None, page_reads(info))
        return info.context.loaders.invoices_by_user.start(key)

    @described.field("The newest request of a kind; null when there is none.")
    def latest_privacy_request(
        self, info: Info, kind: KindArgument
    ) -> Sourced[PrivacyRequest | None, Row | None]:
        key = PageKey(self.key, Page(size=1), filter_by(kind=kind), page_reads(info))
        return map_future(info.context.loaders.privacy_requests_by_user.start(key), _first_request)

    @classmethod
    def of_key(cls, key: int) -> Self:
        """The user with this id."""
        return cls(key=key, id=global_id("User", key))


def _first_request(found: Slice) -> Row | None:
    return found.rows[0] if found.rows else None


def _email(row: Row | None) -> str:
    return str(_known(row)["email"])


def _created_at(row: Row | None) -> datetime:
    created_at: datetime = _known(row)["created_at"]
    return created_at


def _known(row: Row | None) -> Row:
    if row is None:
        raise Unauthenticated("The person of this token is not known.")
    return row
