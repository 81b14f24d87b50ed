"""The loaders of a request: the table of contents of this package."""

from datetime import date, datetime
from functools import partial

from cache import VersionedCache
from db.database import Database
from db.queries.chat import conversation_tags, conversations, messages, siblings
from db.queries.enterprise import credentials
from db.queries.invoicing import pages as invoice_pages
from db.queries.model_use import COMPANIES, PEOPLE
from db.queries.privacy import privacy_requests
from db.reply_key import ReplyKey
from db.request_scope import current_scope
from db.row import Row
from loaders.accounts import account_by_administrator, account_by_id
from loaders.batching.cached_loader import cached_loader
from loaders.batching.loader import Loader
from loaders.batching.pages import PageKey, pages
from loaders.batching.rows_by_id import rows_by_id
from loaders.batching.slices import Slice
from loaders.by_client_key import MessageKey, conversation_by_key, message_by_key
from loaders.counts import ConversationCountKey, conversation_count, message_count
from loaders.credentials_by_account import MAX_CREDENTIALS, credentials_by_account
from loaders.feedback import (
    FeedbackOfDay,
    FeedbackSpan,
    feedback_by_day,
    feedback_by_message,
)
from loaders.invoices import InvoiceKey, invoice_lines
from loaders.message_places import SiblingPlace, parent_message, sibling_place
from loaders.model_use import ModelUseKey, ModelUseOfDay, model_use, parts_by_reply
from loaders.plans_on_sale import ALL as ALL_PLANS
from loaders.plans_on_sale import plans_on_sale
from loaders.privacy_details import archive_by_request, erased_tables_by_request, requests_of_nobody
from loaders.quota_by_user import quota_by_user
from loaders.subscription_by_user import subscription_by_user
from loaders.tags import tags_by_conversation, tags_by_user
from loaders.usage import DailyUsageKey, daily_usage, usage_by_account
from loaders.user_by_id import user_by_id
from services.billing.records import Plan, Subscription
from services.enterprise.records import Usage, UsageContract
from services.generation.models.calls import Part
from services.invoicing.records import InvoiceLine
from services.quota.records import Quota

__all__ = [
    "ALL_PLANS",
    "MAX_CREDENTIALS",
    "ConversationCountKey",
    "DailyUsageKey",
    "FeedbackOfDay",
    "FeedbackSpan",
    "InvoiceKey",
    "Loaders",
    "MessageKey",
    "ModelUseKey",
    "ModelUseOfDay",
    "PageKey",
    "SiblingPlace",
    "Slice",
    "WatchedLoaders",
]


class Loaders:
    """The loaders of one request, each made at its first use.

    `viewer_id` is the signed-in person: loaders by id return that person's rows only. Everything
    that depends on the time uses the instant `now`. `subscriptions` is the cache of the process.
    """

    def __init__(
        self,
        database: Database,
        *,
        subscriptions: VersionedCache[Subscription],
        viewer_id: int | None,
        contract: UsageContract,
        now: datetime,
    ) -> None:
        self._database = database
        self._subscriptions = subscriptions
        self._viewer_id = viewer_id
        self._contract = contract
        self._now = now

    def fresh_copy(self) -> "Loaders":
        """Loaders with the same arguments that have loaded nothing yet."""
        return type(self)(
            self._database,
            subscriptions=self._subscriptions,
            viewer_id=self._viewer_id,
            contract=self._contract,
            now=self._now,
        )

    def watched(self) -> "WatchedLoaders":
        """Loaders of what may be remembered: from the primary database, and past all caches."""
        return WatchedLoaders(
            self._database.without_replica(),
            subscriptions=self._subscriptions,
            viewer_id=self._viewer_id,
            contract=self._contract,
            now=self._now,
        )

    @cached_loader
    def user(self) -> Loader[int, Row | None]:
        """People by id."""
        return user_by_id(self._database)

    @cached_loader
    def subscription(self) -> Loader[int, Subscription]:
        """Current subscriptions by user id."""
        return subscription_by_user(self._database, self._subscriptions, self._now)

    @cached_loader
    def quota(self) -> Loader[int, Quota]:
        """Today's quotas by user id."""
        return quota_by_user(self._database, self.subscription, self._now)

    @cached_loader
    def plans_on_sale(self) -> Loader[str, tuple[Plan, ...]]:
        """The plans on sale, under the one key `ALL_PLANS`."""
        return plans_on_sale(self._database)

    @cached_loader
    def conversation(self) -> Loader[int, Row | None]:
        """The viewer's conversations by id."""
        return rows_by_id(self._database, conversations.by_id, self._viewer_id)

    @cached_loader
    def conversation_by_key(self) -> Loader[str, Row | None]:
        """The viewer's conversations by what a client calls them."""
        return conversation_by_key(self._database, self._viewer_id)

    @cached_loader
    def conversations_by_user(self) -> Loader[PageKey, Slice]:
        """Pages of conversations by user, filtered by status and by whether they are pinned."""
        return pages(self._database, conversations.PAGE_BY_USER)

    @cached_loader
    def conversations_by_tag(self) -> Loader[PageKey, Slice]:
        """Pages of conversations by user, filtered by a tag too."""
        return pages(self._database, conversation_tags.PAGE_BY_TAG)

    @cached_loader
    def tags_by_conversation(self) -> Loader[int, tuple[str, ...]]:
        """The tags of the viewer's conversations, by id."""
        return tags_by_conversation(self._database, self._viewer_id)

    @cached_loader
    def tags_by_user(self) -> Loader[int, tuple[str, ...]]:
        """The tags in use, by user id."""
        return tags_by_user(self._database)

    @cached_loader
    def conversation_count(self) -> Loader[ConversationCountKey, int]:
        """How many conversations a user has."""
        return conversation_count(self._database)

    @cached_loader
    def message(self) -> Loader[int, Row | None]:
        """Messages of the viewer's conversations by id."""
        return rows_by_id(self._database, messages.by_id, self._viewer_id)

    @cached_loader
    def message_by_key(self) -> Loader[MessageKey, Row | None]:
        """The viewer's messages by what a client calls them."""
        return message_by_key(self._database, self._viewer_id)

    @cached_loader
    def messages_by_conversation(self) -> Loader[PageKey, Slice]:
        """Pages of messages by conversation of the viewer's, on the branch through the filter."""
        return pages(self._database, messages.PAGE_BY_CONVERSATION, self._viewer_id)

    @cached_loader
    def parts_by_reply(self) -> Loader[ReplyKey, tuple[Part, ...]]:
        """The parts of people's replies."""
        return parts_by_reply(self._database, PEOPLE)

    @cached_loader
    def parts_by_metered_reply(self) -> Loader[ReplyKey, tuple[Part, ...]]:
        """The parts of companies' replies."""
        return parts_by_reply(self._database, COMPANIES)

    @cached_loader
    def model_use(self) -> Loader[ModelUseKey, list[ModelUseOfDay]]:
        """What models took for people, by day."""
        return model_use(self._database, PEOPLE)

    @cached_loader
    def metered_model_use(self) -> Loader[ModelUseKey, list[ModelUseOfDay]]:
        """What models took for companies, by day."""
        return model_use(self._database, COMPANIES)

    @cached_loader
    def parent_message(self) -> Loader[int, Row | None]:
        """What messages of the viewer's conversations follow, by the id of what follows."""
        return parent_message(self._database, self._viewer_id)

    @cached_loader
    def sibling_place(self) -> Loader[int, SiblingPlace]:
        """The places of messages of the viewer's among their siblings, by id."""
        return sibling_place(self._database, self._viewer_id)

    @cached_loader
    def siblings(self) -> Loader[PageKey, Slice]:
        """Pages of the siblings of messages, by the id of any of them."""
        return pages(self._database, siblings.PAGE_BY_SIBLING, self._viewer_id)

    @cached_loader
    def feedback_by_message(self) -> Loader[int, Row | None]:
        """What the viewer thinks of replies, by id."""
        return feedback_by_message(self._database, self._viewer_id)

    @cached_loader
    def feedback_by_day(self) -> Loader[FeedbackSpan, list[FeedbackOfDay]]:
        """What everybody thinks of models, by day; for operators."""
        return feedback_by_day(self._database)

    @cached_loader
    def message_count(self) -> Loader[int, int]:
        """How many messages a conversation of the viewer's has."""
        return message_count(self._database, self._viewer_id)

    @cached_loader
    def privacy_request(self) -> Loader[int, Row | None]:
        """The viewer's privacy requests by id."""
        return rows_by_id(self._database, privacy_requests.requests_by_id, self._viewer_id)

    @cached_loader
    def privacy_requests_by_user(self) -> Loader[PageKey, Slice]:
        """Pages of privacy requests by user, filtered by kind."""
        return pages(self._database, privacy_requests.REQUESTS_PAGE_BY_USER)

    @cached_loader
    def privacy_request_of_nobody(self) -> Loader[int, Row | None]:
        """The requests whose person has been erased, by id; for operators."""
        return requests_of_nobody(self._database)

    @cached_loader
    def privacy_archive(self) -> Loader[int, Row | None]:
        """The archives of the viewer's exports that can be downloaded, by the request's id."""
        return archive_by_request(self._database, self._viewer_id, self._now)

    @cached_loader
    def erased_tables(self) -> Loader[int, tuple[Row, ...]]:
        """What an erasure did to each table, by the request's id."""
        return erased_tables_by_request(self._database)

    @cached_loader
    def invoice(self) -> Loader[int, Row | None]:
        """Invoices of the viewer and of the company that they administer, by id."""
        return rows_by_id(self._database, invoice_pages.by_id, self._viewer_id)

    @cached_loader
    def invoices_by_user(self) -> Loader[PageKey, Slice]:
        """Pages of invoices by user."""
        return pages(self._database, invoice_pages.PAGE_BY_USER)

    @cached_loader
    def invoices_by_account(self) -> Loader[PageKey, Slice]:
        """Pages of invoices by company."""
        return pages(self._database, invoice_pages.PAGE_BY_ACCOUNT)

    @cached_loader
    def invoice_lines(self) -> Loader[InvoiceKey, tuple[InvoiceLine, ...]]:
        """The lines of invoices."""
        return invoice_lines(self._database)

    @cached_loader
    def account(self) -> Loader[int, Row | None]:
        """Companies by id."""
        return account_by_id(self._database)

    @cached_loader
    def administered_account(self) -> Loader[int, Row | None]:
        """The company that a user administers, by user id."""
        return account_by_administrator(self._database)

    @cached_loader
    def usage_by_account(self) -> Loader[int, Usage]:
        """How much of its contract a company has used, by account id."""
        return usage_by_account(self._database, self._contract, self._now)

    @cached_loader
    def daily_usage(self) -> Loader[DailyUsageKey, list[tuple[date, int]]]:
        """A company's requests per day."""
        return daily_usage(self._database)

    @cached_loader
    def credentials_by_account(self) -> Loader[int, tuple[Row, ...]]:
        """A company's API keys, by account id."""
        return credentials_by_account(self._database, self._now)

    @cached_loader
    def credential(self) -> Loader[int, Row | None]:
        """The API keys of the company that the viewer administers, by id."""
        fetch = partial(credentials.by_id, now=self._now)
        return rows_by_id(self._database, fetch, self._viewer_id)


class WatchedLoaders(Loaders):
    """Loaders that note in the scope of the request when one of them depends on the time.

    So does that of subscriptions, which come from a cache with an invalidation of its own.
    """

    @property
    def _now(self) -> datetime:
        scope = current_scope()
        if scope is not None:
            scope.has_read_clock = True
        return self._instant

    @_now.setter
    def _now(self, instant: datetime) -> None:
        self._instant = instant
