"""Makes the context that an operation, or one event of a subscription, runs with."""

from cache import VersionedCache
from db.database import Database
from gql.context import RequestContext, Services
from gql.documents.operation import Operation
from loaders import Loaders
from metrics.observations import Observations
from services.billing.records import Subscription
from services.callers.principal import Person, Principal
from services.clock import Clock
from services.enterprise.records import UsageContract


class ContextFactory:
    """Makes request contexts from the parts of the process."""

    def __init__(
        self,
        database: Database,
        services: Services,
        *,
        subscriptions: VersionedCache[Subscription],
        contract: UsageContract,
        observations: Observations,
        clock: Clock,
    ) -> None:
        self._database = database
        self._services = services
        self._subscriptions = subscriptions
        self._contract = contract
        self._observations = observations
        self._clock = clock

    def new(
        self,
        operation: Operation,
        principal: Principal,
        request_id: str,
        last_event_id: int | None = None,
    ) -> RequestContext:
        """A new context; only queries may read from a replica, which may be slightly old."""
        now = self._clock()
        viewer_id = principal.user_id if isinstance(principal, Person) else None
        is_query = operation.kind == "query"
        loaders = Loaders(
            self._database if is_query else self._database.without_replica(),
            subscriptions=self._subscriptions,
            viewer_id=viewer_id,
            contract=self._contract,
            now=now,
        )
        return RequestContext(
            principal,
            loaders,
            now,
            self._observations,
            self._services,
            request_id,
            last_event_id,
        )
