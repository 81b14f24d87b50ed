"""The audit trail: who did what to whom, when, and in which request.

An event is written in the transaction of what it tells, so that neither is there without the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import orjson

from db.database import Transaction
from db.personal.registry import QUOTED
from db.queries import audit


class ActorKind(Enum):
    """Who can act."""

    USER = "user"
    API_KEY = "api_key"
    OPERATOR = "operator"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person or a key by its id, and the request that they made."""

    kind: ActorKind
    id: int | None = None
    request_id: str | None = None


SYSTEM = Actor(ActorKind.SYSTEM)
"""A background job."""
OPERATOR = Actor(ActorKind.OPERATOR)
"""Whoever may run commands on the server."""


def system(request_id: str | None) -> Actor:
    """What somebody outside tells us, in a request."""
    return Actor(ActorKind.SYSTEM, request_id=request_id)


def person(user_id: int, request_id: str | None) -> Actor:
    """A signed-in person."""
    return Actor(ActorKind.USER, user_id, request_id)


# Any: JSON, never texts of messages or credentials.
def event(
    actor: Actor,
    action: str,
    *,
    user_id: int | None = None,
    account_id: int | None = None,
    said: Mapping[str, Any] | None = None,
    **details: Any,
) -> dict[str, Any]:
    """The values of an `action`, which concerns a person or a company, for a statement.

    Details that are None are left out. `said` are words that somebody else chose: whatever they
    are, an erasure does not take them for a trace that the system has left of a person.
    """
    if said is not None:
        details[QUOTED] = dict(said)
    known = {name: value for name, value in details.items() if value is not None}
    return {
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
        "request_id": actor.request_id,
        "concerned_user": user_id,
        "concerned_account": account_id,
        "action": action,
        "details": orjson.dumps(known).decode(),
    }


async def record(
    transaction: Transaction,
    actor: Actor,
    action: str,
    subject: str,
    *,
    now: datetime,
    **event_: Any,  # Any: as for `event`
) -> None:
    """Append the event of an `action` on `subject`."""
    await audit.record(transaction, subject, now=now, event=event(actor, action, **event_))
