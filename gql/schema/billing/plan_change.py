"""What a change of plan would do."""

from collections.abc import Awaitable
from datetime import datetime

import strawberry

from gql.schema.billing.invoice_line import InvoiceLine
from gql.schema.billing.subscription import Plan
from gql.schema.user_error import UserError
from gql.values.cost_weights import Weight, weight_metadata
from gql.values.mappings import Member, ObjectMapping, Sourced
from services.billing.rules.plan_changes import PlanChange
from services.billing.subscriptions.previews import Preview, preview_of
from services.mutations.refusals import Refusal


@strawberry.type(description="What a change to a plan would do now.")
class PlanChangePreview:
    """A preview, from its record."""

    plan: Plan = strawberry.field(description="The plan that would follow.")
    effective_at: datetime = strawberry.field(
        description="When it would follow: now if it costs more, else when the period ends."
    )
    amount_due_cents: int = strawberry.field(
        description="What is charged now; negative for a credit."
    )
    carried_cents: int = strawberry.field(
        description=(
            "What is owed then, but too little to be charged alone: it is on the next invoice."
        )
    )
    currency: str = strawberry.field(description="ISO 4217, for example EUR.")
    lines: list[InvoiceLine] = strawberry.field(
        description="What the amount consists of, with what is on the next invoice given back.",
        metadata=weight_metadata(Weight(assumed_size=2)),
    )


@strawberry.type(description="A preview, or why the plan cannot be changed.")
class PlanChangePreviewPayload:
    """Of `planChangePreview`."""

    preview: Sourced[PlanChangePreview | None, Preview | None] = strawberry.field(
        default=None, description="What the change would do; null where it is refused."
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why the plan cannot be changed; empty if it can."
    )


async def shown_or_refused(change: Awaitable[PlanChange]) -> PlanChangePreviewPayload:
    """The payload of a preview, or of why there is none."""
    try:
        return PlanChangePreviewPayload(preview=preview_of(await change))
    except Refusal as refusal:
        error = UserError.from_refusal(refusal)
        error.field = None if refusal.field is None else [refusal.field]
        return PlanChangePreviewPayload(user_errors=[error])


_ATTRIBUTES = ("plan", "effective_at", "amount_due_cents", "carried_cents", "currency", "lines")
PLAN_CHANGE_PREVIEW = ObjectMapping(
    PlanChangePreview, {name: Member(name) for name in _ATTRIBUTES}, source=Preview
)
MAPPINGS = (PLAN_CHANGE_PREVIEW,)
