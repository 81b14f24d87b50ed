"""Who is said to use a document, and how quickly it is to be answered."""

import re
from collections.abc import Iterable, Mapping, Sequence

from services.operations.records import Objective

UNKNOWN_CLIENT = "unknown"
"""Who says no name, or one that nobody can have."""
_NAME = re.compile(r"[A-Za-z0-9@][A-Za-z0-9 @._:/+-]{0,99}", re.ASCII)


def is_client_name(name: str) -> bool:
    """Whether a client may have this name: short, and of ordinary characters."""
    return _NAME.fullmatch(name) is not None


def client_named(offered: str | None, account_id: int | None) -> str | None:
    """The client by the name that it gives, or by its company; None for who says nothing."""
    if offered:
        return offered if is_client_name(offered) else UNKNOWN_CLIENT
    return None if account_id is None else f"account:{account_id}"


def user_of(publishers: Sequence[str], client: str | None, account_id: int | None) -> str:
    """Under whose name a use of a published document is counted.

    Names are the client's own to say: one that has not published the document is not counted by
    it, so that their number is bounded. Who says none is the only one that has it, if one is.
    """
    if client is not None and client in publishers:
        return client
    if account_id is not None:
        return f"account:{account_id}"
    return publishers[0] if client is None and len(publishers) == 1 else UNKNOWN_CLIENT


def objective_of(
    agreed: Mapping[tuple[str, str], Objective], client_name: str, operation_name: str
) -> Objective | None:
    """What a client has agreed on for an operation of this name, else for all of its own."""
    return agreed.get((client_name, operation_name)) or agreed.get((client_name, ""))


def strictest(objectives: Iterable[Objective | None]) -> Objective | None:
    """What keeps all of these; None where there is none."""
    there = [one for one in objectives if one is not None]
    if not there:
        return None
    return Objective(min(one.p95_ms for one in there), min(one.p99_ms for one in there))
