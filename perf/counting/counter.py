"""Count function calls by starting a process for it."""

import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from perf.counting.calls import Calls
from perf.counting.child_process import CountingFailed, lines_of
from perf.counting.request_cost import RequestCost
from perf.servers.host import ROOT

COUNTED_ON = (3, 11)
"""The oldest supported Python; other versions call different functions for the same work."""
NOT_COUNTED = "Function calls are not counted: those that are agreed are of Python 3.11."
_CHILD = "perf.counting.child"


@dataclass(frozen=True, slots=True)
class DocumentCount:
    """The costs of a document with n rows and with 2n, or why they cannot be counted."""

    document: str
    costs: tuple[RequestCost, RequestCost] | None
    failed: str | None = None


def is_counted_here() -> bool:
    """Whether the budgets apply to this version of Python."""
    return sys.version_info[:2] == COUNTED_ON


def counted(
    url: str,
    folder: Path,
    names: Collection[str],
    *,
    tree: Path = ROOT,
    python: str = sys.executable,
) -> Iterator[DocumentCount]:
    """Count the named documents, yielding each when it is done; raises `CountingFailed`.

    `url` is a database filled by `perf.gate.data.fill`, and `tree` the source that is counted.
    """
    lines = lines_of(_CHILD, url, str(folder), *names, tree=tree, python=python)
    for line in lines:
        try:
            one = _counted(orjson.loads(line))
        except (KeyError, TypeError, ValueError):
            raise CountingFailed("it counts, and says so in another way than this one") from None
        yield one


# Any: JSON.
def _counted(line: dict[str, Any]) -> DocumentCount:
    if "failed" in line:
        return DocumentCount(line["document"], None, line["failed"])
    costs = _cost(line["few"]), _cost(line["twice"])
    return DocumentCount(line["document"], costs)


def _cost(size: dict[str, Any]) -> RequestCost:
    return RequestCost(**size | {"calls": Calls(**size["calls"])})
