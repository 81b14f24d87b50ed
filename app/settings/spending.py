"""Settings of the callers' cost budgets."""

from pydantic import Field, model_validator

from app.settings.fields.field_types import Positive
from app.settings.operations import DocumentSettings
from services.throttling.concurrency import MOST_SUSPENDED
from services.throttling.records import BucketPolicy, CostLimits


class SpendingSettings(DocumentSettings):
    """The budgets of API keys, people and addresses; each covers the most expensive operation."""

    graphql_key_budget: Positive = Field(
        20_000,
        description="The cost that an API key may spend at once, `GRAPHQL_MAX_COST` or more.",
    )
    graphql_key_restore_rate: Positive = Field(
        2_000, description="The cost that an API key regains each second."
    )
    graphql_person_budget: Positive = Field(
        50_000, description="The cost that a person may spend at once, `GRAPHQL_MAX_COST` or more."
    )
    graphql_person_restore_rate: Positive = Field(
        5_000, description="The cost that a person regains each second."
    )
    graphql_address_budget: int = Field(
        20_000,
        ge=0,
        description="The cost that all anonymous callers from one address (IPv6: one /64 "
        "network) may spend at once, `GRAPHQL_MAX_COST` or more; 0 sets no limit.",
    )
    graphql_address_restore_rate: Positive = Field(
        2_000, description="The cost that an address regains each second."
    )
    graphql_most_at_once: int = Field(
        4,
        ge=0,
        description="The most operations of one key, person or address that a process runs "
        "concurrently; up to 250 more wait, for at most 5 seconds. 0 sets no limit.",
    )
    graphql_most_awaiting: int = Field(
        MOST_SUSPENDED,
        ge=0,
        description="The most operations of one key, person or address that may wait for a "
        "model, or for another with the same idempotency key, without counting as "
        "running.",
    )

    @model_validator(mode="after")
    def _budgets_cover_an_operation(self) -> "SpendingSettings":
        if min(self.graphql_key_budget, self.graphql_person_budget) < self.graphql_max_cost:
            raise ValueError(
                "GRAPHQL_KEY_BUDGET and GRAPHQL_PERSON_BUDGET must be GRAPHQL_MAX_COST or more"
            )
        if 0 < self.graphql_address_budget < self.graphql_max_cost:
            raise ValueError("GRAPHQL_ADDRESS_BUDGET must be 0, or GRAPHQL_MAX_COST or more")
        return self

    @property
    def router_policy(self) -> BucketPolicy | None:
        """The budget of a router; None if there are none."""
        return None

    @property
    def cost_limits(self) -> CostLimits:
        """The maximum cost of an operation, and the budgets of callers."""
        return CostLimits(
            maximum=self.graphql_max_cost,
            key_policy=BucketPolicy(self.graphql_key_budget, self.graphql_key_restore_rate),
            person_policy=BucketPolicy(
                self.graphql_person_budget, self.graphql_person_restore_rate
            ),
            address_policy=BucketPolicy(
                self.graphql_address_budget, self.graphql_address_restore_rate
            )
            if self.graphql_address_budget
            else None,
            router_policy=self.router_policy,
        )
