"""What a resolver may use."""

from dataclasses import dataclass
from datetime import datetime

import strawberry

from gql.errors import Unauthenticated
from loaders import Loaders
from metrics.observations import Observations
from services.billing.service import BillingService
from services.conversations.service import ConversationService
from services.enterprise.credentials import CredentialService
from services.guidance.service import GuidanceService
from services.metered.service import MeteredGuidance
from services.principal import ApiClient, Person, Principal
from services.privacy.links import Links
from services.privacy.service import PrivacyService
from services.refusal import UserErrorCode


@dataclass(frozen=True, slots=True)
class Services:
    """The use-cases that mutations and subscriptions call; of the process, not of a request."""

    billing: BillingService
    conversations: ConversationService
    guidance: GuidanceService
    credentials: CredentialService
    metered: MeteredGuidance
    privacy: PrivacyService
    links: Links


@dataclass(slots=True)
class RequestContext:
    """One operation's caller, loaders and instant; for a subscription, its source's or an event's.

    `last_event_id` is the number of the last event that a client has seen of a stream that it
    takes up again; it counts more than an argument of the field that says the same. `is_excused`
    says that what was asked for failed through us, and that the caller's budget is not charged;
    `refusal` why the first field changed nothing that did not.
    """

    principal: Principal
    loaders: Loaders
    now: datetime
    observations: Observations
    services: Services
    request_id: str
    last_event_id: int | None = None
    is_excused: bool = False
    refusal: UserErrorCode | None = None

    @property
    def viewer_id(self) -> int | None:
        """The signed-in person, when one is asking."""
        return self.principal.user_id if isinstance(self.principal, Person) else None

    @property
    def is_operator(self) -> bool:
        """Whether the caller may see operations data."""
        return isinstance(self.principal, Person) and self.principal.is_operator

    def signed_in(self) -> int:
        """The signed-in person; raises `Unauthenticated` when none is asking."""
        if self.viewer_id is None:
            raise Unauthenticated("Sign in as a person to do this.")
        return self.viewer_id

    def api_client(self) -> ApiClient:
        """The company's client; raises `Unauthenticated` when none is asking."""
        if not isinstance(self.principal, ApiClient):
            raise Unauthenticated("Send an API key to do this.")
        return self.principal

    def excuse(self) -> None:
        """Charge nothing to the caller's budget: it is our failure."""
        self.is_excused = True

    def note_refusal(self, code: UserErrorCode) -> None:
        """Remember that a field changed nothing; the answer itself is a good one."""
        if self.refusal is None:
            self.refusal = code

    def forget_loaded(self) -> None:
        """Load anew what is read from here on: something was changed."""
        self.loaders = self.loaders.renewed()

    def start_over(self) -> None:
        """Run anew what had changed nothing: with nothing loaded, and nothing that came of it."""
        self.forget_loaded()
        self.is_excused, self.refusal = False, None


Info = strawberry.Info[RequestContext, None]


def columns_read(info: Info) -> frozenset[str] | None:
    """The columns that are read of the rows that a resolver gives; None where they may be any.

    They are worth asking for where there may be many rows, and one index alone: with few columns
    the planner may prefer one that has them all, and sort.
    """
    columns: frozenset[str] | None = getattr(info, "columns", None)
    return columns
