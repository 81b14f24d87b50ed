"""What applies to documents: whose use counts for whom, objectives, and tools with their names."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple

from services.documents.identifiers import digest_of
from services.documents.records import Objective, RegisteredDocument, ToolLimits

UNKNOWN_CLIENT = "unknown"
"""The client name of requests without a name, or with an invalid one."""
LONGEST_TOOL_NAME = 64
"""Of what clients of MCP accept."""
_TOOL_DIGITS = 12
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


def least(limits: Iterable[ToolLimits | None]) -> ToolLimits | None:
    """The limits that are within all of these; None if there are none."""
    present = [astuple(one) for one in limits if one is not None]
    return ToolLimits(*map(min, zip(*present, strict=True))) if present else None


def tool_names(documents: Iterable[RegisteredDocument]) -> dict[str, RegisteredDocument]:
    """The tools among the documents, by their names: those of their operations, where they fit.

    A name that several documents have, or that is too long for clients of MCP, ends in `-` and
    digits of the document's hash. No operation can be called so: no tool takes another's place.
    """
    by_name: defaultdict[str, list[RegisteredDocument]] = defaultdict(list)
    for one in documents:
        if one.tool is not None:
            by_name[one.name].append(one)
    named: dict[str, RegisteredDocument] = {}
    for name, found in by_name.items():
        is_plain = len(found) == 1 and len(name) <= LONGEST_TOOL_NAME
        for one in found:
            named[name if is_plain else _distinct(one)] = one
    return named


def _distinct(document: RegisteredDocument) -> str:
    digits = digest_of(document.id).hex()[:_TOOL_DIGITS]
    return f"{document.name[: LONGEST_TOOL_NAME - _TOOL_DIGITS - 1]}-{digits}"
