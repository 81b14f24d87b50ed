"""Who changed what, written in the transaction that changes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.database import Transaction
from db.queries import audit


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `kind` is `user`, `api_key`, `operator` or `system`, with an id where it has one.

    `request_id` is that of the request by which it does.
    """

    kind: str
    id: int | None = None
    request_id: str | None = None


OPERATOR = Actor("operator")
"""Whoever may run commands on the server."""


# Any: JSON; each action has details of its own.
async def record(
    transaction: Transaction,
    actor: Actor,
    action: str,
    subject: str,
    *,
    now: datetime,
    user_id: int | None = None,
    account_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Say that `actor` did `action` to `subject`, which concerns a person, a company, or both."""
    await audit.record(
        transaction,
        now=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        request_id=actor.request_id,
        action=action,
        subject=subject,
        user_id=user_id,
        account_id=account_id,
        details=dict(details or {}),
    )
