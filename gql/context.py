"""What a resolver may use."""

from dataclasses import dataclass
from datetime import datetime

import strawberry

from loaders import Loaders
from metrics.observations import Observations
from services.principal import Person, Principal


@dataclass(slots=True)
class RequestContext:
    """One operation's caller, loaders and instant; for a subscription, one event's.

    `last_event_id` is the number of the last event that a client has seen of a stream that it
    takes up again; it counts more than an argument of the field that says the same.
    """

    principal: Principal
    loaders: Loaders
    now: datetime
    observations: Observations
    last_event_id: int | None = None

    @property
    def viewer_id(self) -> int | None:
        """The signed-in person, when one is asking."""
        return self.principal.user_id if isinstance(self.principal, Person) else None


Info = strawberry.Info[RequestContext, None]
