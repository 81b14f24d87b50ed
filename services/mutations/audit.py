"""The audit trail: who did what to whom, when, and in which request.

An event is written in the same transaction as the change it describes: neither exists alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from db.database import Transaction
from db.personal.registry import QUOTED
from db.queries import audit
from db.states import ActorKind


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: the id of a person or of an API key, and the request in which they acted."""

    kind: ActorKind
    id: int | None = None
    request_id: str | None = None


SYSTEM = Actor(ActorKind.SYSTEM)
"""The actor of background jobs."""
OPERATOR = Actor(ActorKind.OPERATOR)
"""The actor of commands run on the server."""


def system(request_id: str | None) -> Actor:
    """The actor of changes that an outside system reports in a request."""
    return Actor(ActorKind.SYSTEM, request_id=request_id)


def person(user_id: int, request_id: str | None) -> Actor:
    """The actor for a signed-in person."""
    return Actor(ActorKind.USER, user_id, request_id)


# Any: JSON; never the text of a message or a credential.
def event(
    actor: Actor,
    action: str,
    *,
    user_id: int | None = None,
    account_id: int | None = None,
    client_supplied: Mapping[str, Any] | None = None,
    **details: Any,
) -> dict[str, Any]:
    """The column values of an audit event about a person or a company.

    Details that are None are left out. `client_supplied` holds text chosen by a client, such as
    its own name: the check after an erasure does not count it as a trace of the erased person.
    """
    if client_supplied is not None:
        details[QUOTED] = dict(client_supplied)
    present = {name: value for name, value in details.items() if value is not None}
    return {
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "request_id": actor.request_id,
        "concerned_user": user_id,
        "concerned_account": account_id,
        "action": action,
        "details": orjson.dumps(present).decode(),
    }


async def record(
    transaction: Transaction,
    actor: Actor,
    action: str,
    subject: str,
    *,
    now: datetime,
    **fields: Any,  # Any: as for `event`
) -> None:
    """Append an event: `action` was done to `subject`; `fields` are arguments of `event`."""
    await audit.record(transaction, subject, now=now, event=event(actor, action, **fields))
