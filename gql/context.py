"""The context that resolvers get: the caller, the loaders and the services."""

from dataclasses import dataclass
from datetime import datetime

import strawberry

from db.page import PageReads
from gql.errors import Unauthenticated
from loaders import Loaders
from metrics.observations import Observations
from services.billing.portal import PortalService
from services.billing.service import BillingService
from services.billing.subscriptions.cancellation import CancellationService
from services.billing.subscriptions.following import SubscriptionFollowers
from services.billing.subscriptions.plan_changes import PlanChangeService
from services.callers.principal import ApiClient, Person, Principal
from services.conversations.branches import BranchService
from services.conversations.feedback import FeedbackService
from services.conversations.service import ConversationService
from services.enterprise.credentials import CredentialService
from services.guidance.service import GuidanceService
from services.invoicing.links import InvoiceLinks
from services.metered.service import MeteredGuidance
from services.mutations.refusals import UserErrorCode
from services.privacy.links import Links
from services.privacy.service import PrivacyService
from services.search.service import SearchService

_FOR_PEOPLE = (
    "Sign in as a person to do this.",
    "A company's API key may not ask for this: a person's token is needed.",
)
_FOR_COMPANIES = (
    "Send an API key to do this.",
    "A person's token may not ask for this: a company's API key is needed.",
)


@dataclass(frozen=True, slots=True)
class Services:
    """The services that mutations and subscriptions call; the same for every request."""

    billing: BillingService
    plan_changes: PlanChangeService
    cancellation: CancellationService
    portal: PortalService
    followers: SubscriptionFollowers
    conversations: ConversationService
    branches: BranchService
    feedback: FeedbackService
    guidance: GuidanceService
    credentials: CredentialService
    metered: MeteredGuidance
    privacy: PrivacyService
    links: Links
    search: SearchService
    invoice_links: InvoiceLinks


@dataclass(slots=True)
class RequestContext:
    """The context of one operation, or of a subscription's source, or of one of its events.

    `last_event_id` is the number of the last event that a client has received of a stream that it
    resumes; it takes precedence over an argument of the field that says the same. With
    `is_server_fault` the operation failed through a fault of the server, and the caller's budget is
    not charged. `refusal` is the code of the first mutation that was refused.
    """

    principal: Principal
    loaders: Loaders
    now: datetime
    observations: Observations
    services: Services
    request_id: str
    last_event_id: int | None = None
    is_server_fault: bool = False
    refusal: UserErrorCode | None = None

    @property
    def viewer_id(self) -> int | None:
        """The id of the signed-in person, if there is one."""
        return self.principal.user_id if isinstance(self.principal, Person) else None

    @property
    def is_operator(self) -> bool:
        """Whether the caller may see operations data."""
        return isinstance(self.principal, Person) and self.principal.is_operator

    def require_viewer_id(self) -> int:
        """The id of the signed-in person; raises `Unauthenticated` if there is none."""
        if self.viewer_id is None:
            raise Unauthenticated(_FOR_PEOPLE[isinstance(self.principal, ApiClient)])
        return self.viewer_id

    def require_api_client(self) -> ApiClient:
        """The company's client; raises `Unauthenticated` for any other caller."""
        if not isinstance(self.principal, ApiClient):
            raise Unauthenticated(_FOR_COMPANIES[isinstance(self.principal, Person)])
        return self.principal

    def mark_server_fault(self) -> None:
        """Record that the server is at fault, so that the caller's budget is not charged."""
        self.is_server_fault = True

    def record_refusal(self, code: UserErrorCode) -> None:
        """Record why a mutation was refused, unless an earlier one was."""
        if self.refusal is None:
            self.refusal = code

    def reset_loaders(self) -> None:
        """Read from the database again from here on, because something was changed."""
        self.loaders = self.loaders.fresh_copy()

    def reset(self) -> None:
        """Forget everything that a run has left, before the operation runs again."""
        self.reset_loaders()
        self.is_server_fault, self.refusal = False, None


Info = strawberry.Info[RequestContext, None]


def page_reads(info: Info) -> PageReads | None:
    """What the operation reads of a resolver's rows or page; None if that is not known."""
    reads: PageReads | None = getattr(info, "reads", None)
    return reads
