"""What is shown of a change of plan before it is made, as the lines that its invoice would have."""

from dataclasses import dataclass
from datetime import datetime

from db.states import InvoiceLineKind
from services.billing.records import Plan
from services.billing.rules.periods import Period
from services.billing.rules.plan_changes import PlanChange
from services.billing.rules.proration import Difference
from services.invoicing.records import InvoiceLine


@dataclass(frozen=True, slots=True)
class Preview:
    """A change of plan with its amounts, tax included."""

    plan: Plan
    effective_at: datetime
    amount_due_cents: int
    carried_cents: int
    currency: str
    lines: tuple[InvoiceLine, ...]


def preview_of(change: PlanChange) -> Preview:
    """What a person sees of a change."""
    rest = Period(change.effective_at, change.period.end)
    return Preview(
        plan=change.wanted,
        effective_at=change.effective_at,
        amount_due_cents=change.due_cents,
        carried_cents=change.carried_cents,
        currency=change.wanted.currency,
        lines=(
            *difference_lines(change.previous, change.wanted, rest, change.difference),
            *carried_lines(change.due_cents - change.difference.due_cents),
        ),
    )


def carried_lines(amount_cents: int) -> tuple[InvoiceLine, ...]:
    """The line of what was owed before, or, if it is negative, of what is charged later."""
    if amount_cents == 0:
        return ()
    if amount_cents < 0:
        return (InvoiceLine(InvoiceLineKind.CREDIT, "On the next invoice", 1, amount_cents),)
    return (InvoiceLine(InvoiceLineKind.PRORATION, "Carried over", 1, amount_cents),)


def difference_lines(
    previous: Plan, wanted: Plan, rest: Period, difference: Difference
) -> tuple[InvoiceLine, ...]:
    """The lines of a difference: the plan for what is left, and the former one given back."""
    if difference.due_cents == 0:
        return ()
    charged = InvoiceLine(
        InvoiceLineKind.PRORATION,
        wanted.display_name,
        1,
        difference.charge_cents,
        rest.start,
        rest.end,
    )
    if difference.credit_cents == 0:
        return (charged,)
    credited = InvoiceLine(
        InvoiceLineKind.CREDIT,
        previous.display_name,
        1,
        difference.credit_cents,
        rest.start,
        rest.end,
    )
    return (charged, credited)
