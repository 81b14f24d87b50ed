"""The client that a use of a document is counted for, and the objective that applies to it."""

import re
from collections.abc import Iterable, Mapping, Sequence

from services.documents.records import Objective

UNKNOWN_CLIENT = "unknown"
"""The client name of requests without a name, or with an invalid one."""
_NAME = re.compile(r"[A-Za-z0-9@][A-Za-z0-9 @._:/+-]{0,99}", re.ASCII)


def is_client_name(name: str) -> bool:
    """Whether this is a valid client name: short, and of ordinary characters."""
    return _NAME.fullmatch(name) is not None


def client_name_of(offered: str | None, account_id: int | None) -> str | None:
    """The client's name: the one it sends, else its company's; None if it has neither."""
    if offered:
        return offered if is_client_name(offered) else UNKNOWN_CLIENT
    return None if account_id is None else f"account:{account_id}"


def counted_client(publishers: Sequence[str], client: str | None, account_id: int | None) -> str:
    """The client name under which a use of a published document is counted.

    Clients choose their names freely, so a name counts only if that client published the document:
    this bounds the number of names. Anonymous use counts for the only publisher, if there is
    exactly one.
    """
    if client is not None and client in publishers:
        return client
    if account_id is not None:
        return f"account:{account_id}"
    return publishers[0] if client is None and len(publishers) == 1 else UNKNOWN_CLIENT


def objective_of(
    objectives: Mapping[tuple[str, str], Objective], client_name: str, operation_name: str
) -> Objective | None:
    """The objective of a client's operation, else the client's default; None if there is none."""
    return objectives.get((client_name, operation_name)) or objectives.get((client_name, ""))


def strictest(objectives: Iterable[Objective | None]) -> Objective | None:
    """The objective that satisfies all of these; None if there are none."""
    present = [one for one in objectives if one is not None]
    if not present:
        return None
    return Objective(min(one.p95_ms for one in present), min(one.p99_ms for one in present))
