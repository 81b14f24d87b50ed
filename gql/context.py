"""What a resolver may use."""

from dataclasses import dataclass
from datetime import datetime

import strawberry

from loaders import Loaders
from metrics.observations import Observations
from services.principal import Person, Principal


@dataclass(slots=True)
class RequestContext:
    """One operation's caller, loaders and instant."""

    principal: Principal
    loaders: Loaders
    now: datetime
    observations: Observations

    @property
    def viewer_id(self) -> int | None:
        """The signed-in person, when one is asking."""
        return self.principal.user_id if isinstance(self.principal, Person) else None


Info = strawberry.Info[RequestContext, None]
