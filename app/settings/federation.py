"""Settings of the subgraph, and of the routers that ask it."""

from pydantic import Field, model_validator

from app.settings.fields.field_types import CommaSeparated, Fingerprint, Positive, Secret
from app.settings.fields.secret_strength import looks_random
from app.settings.spending import SpendingSettings
from services.throttling.records import BucketPolicy


class FederationSettings(SpendingSettings):
    """Whether this is a subgraph, how its routers are recognised, and what they may spend."""

    graphql_federation: bool = Field(
        False,
        description="Whether the schema is a Federation 2 subgraph, with `_service` and "
        "`_entities`.",
    )
    graphql_router_keys: CommaSeparated[Secret] = Field(
        (),
        description="The keys by which routers are recognised (`X-Router-Key`), 32 characters or "
        "more, separated by commas. Their texts run in every mode.",
    )
    graphql_router_certificates: CommaSeparated[Fingerprint] = Field(
        (),
        description="SHA-256 fingerprints of routers' client certificates, separated by commas; "
        "a trusted proxy passes the certificate on in `Client-Cert` (RFC 9440).",
    )
    graphql_router_budget: Positive = Field(
        200_000,
        description="The cost that a router may spend at once: its new texts are prepared at its "
        "cost, and what it asks for nobody runs at its cost. `GRAPHQL_MAX_COST` or more.",
    )
    graphql_router_restore_rate: Positive = Field(
        20_000, description="The cost that a router regains each second."
    )

    @model_validator(mode="after")
    def _routers_fit(self) -> "FederationSettings":
        keys = [key.get_secret_value() for key in self.graphql_router_keys]
        if not self.graphql_federation and (keys or self.graphql_router_certificates):
            raise ValueError(
                "GRAPHQL_ROUTER_KEYS and GRAPHQL_ROUTER_CERTIFICATES need GRAPHQL_FEDERATION=true"
            )
        if self.is_trusted_only and self.graphql_federation and not self.recognises_routers:
            raise ValueError(
                "GRAPHQL_OPERATIONS_MODE=trusted would let no router in: GRAPHQL_ROUTER_KEYS or "
                "GRAPHQL_ROUTER_CERTIFICATES says which may write their texts"
            )
        if self.is_production and not all(map(looks_random, keys)):
            raise ValueError("production needs GRAPHQL_ROUTER_KEYS drawn at random")
        if self.recognises_routers and self.graphql_router_budget < self.graphql_max_cost:
            raise ValueError("GRAPHQL_ROUTER_BUDGET must be GRAPHQL_MAX_COST or more")
        return self

    @property
    def router_policy(self) -> BucketPolicy | None:
        """The budget of a router; None if there are none."""
        if not self.recognises_routers:
            return None
        return BucketPolicy(self.graphql_router_budget, self.graphql_router_restore_rate)

    @property
    def recognises_routers(self) -> bool:
        """Whether any router can be recognised."""
        return bool(self.graphql_router_keys or self.graphql_router_certificates)
