"""Makes the context that an operation, or one event of a subscription, runs with."""

from cache import VersionedCache
from db.database import Database
from db.replication.reads import CallerReads
from gql.context import RequestContext, Services
from gql.documents.operation import Operation
from loaders import Loaders
from metrics.observations import Observations
from services.billing.records import Subscription
from services.callers.principal import Person, Principal
from services.callers.write_positions import WritePositions
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
        positions: WritePositions | None = None,
    ) -> None:
        self._database = database
        self._has_replica = database.has_replica
        self._services = services
        self._subscriptions = subscriptions
        self._contract = contract
        self._observations = observations
        self._clock = clock
        self._positions = positions

    def new(
        self,
        operation: Operation,
        principal: Principal,
        request_id: str,
        last_event_id: int | None = None,
        read_after: int = 0,
    ) -> RequestContext:
        """A new context; only queries may read from a replica.

        Reads see what the caller has written, and everything up to the position `read_after`.
        """
        now = self._clock()
        viewer_id = principal.user_id if isinstance(principal, Person) else None
        database = self._database
        if self._has_replica:
            is_query = operation.kind == "query"
            database = (
                self._database_for(principal, read_after)
                if is_query
                else database.without_replica()
            )
        loaders = Loaders(
            database,
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

    def _database_for(self, principal: Principal, read_after: int) -> Database:
        """The database as a query of this caller reads it."""
        positions = self._positions
        if positions is None:
            return self._database
        return self._database.reading_for(
            CallerReads(lambda: positions.required(principal, read_after))
        )

    async def record_write(self, principal: Principal) -> int | None:
        """Record that the caller has committed a write; its position, if a replica needs it."""
        return None if self._positions is None else await self._positions.record(principal)
