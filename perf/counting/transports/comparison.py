"""Compare the ways in which documents are requested, by starting a process for it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from gql.documents.trusted_documents import TrustedDocument
from perf.counting.child_process import lines_of
from perf.counting.memory.measurement import generates_reply
from perf.gate.findings import GateFinding

_CHILD = "perf.counting.transports.child"


def transport_findings(
    url: str, folder: Path, documents: Mapping[str, TrustedDocument]
) -> Iterator[GateFinding]:
    """A finding for each statement that another way than POST adds; raises `CountingFailed`.

    Documents with replies and subscriptions are left out: when they are answered is up to time.
    """
    compared = [
        name
        for name, one in documents.items()
        if not generates_reply(one) and not one.text.startswith("subscription")
    ]
    if compared:
        lines = lines_of(_CHILD, url, str(folder), *compared)
        yield from (_finding(orjson.loads(line)) for line in lines)


# Any: JSON.
def _finding(said: dict[str, Any]) -> GateFinding:
    name = said["document"]
    if "failed" in said:
        return GateFinding(name, f"its ways of requesting cannot be compared: {said['failed']}")
    problem = f"runs {said['more']} more statements {said['way']} than by POST"
    return GateFinding(name, problem, said["method"])
