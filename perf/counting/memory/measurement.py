"""Check whether requests leak memory, by starting a process for it."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from gql.documents.budgets.protections import Protection
from gql.documents.trusted_documents import TrustedDocument
from perf.counting.child_process import lines_of
from perf.counting.memory.leaks import Leak
from perf.counting.ways import Way

REQUESTS, REQUESTS_IN_OTHER_WAYS, REQUESTS_WITH_REPLIES = 2_000, 600, 900
_REPLY = re.compile(r"\breply\s*\{")
_ANY = "Quota"
_CHILD = "perf.counting.memory.child"


@dataclass(frozen=True, slots=True)
class MeasuredDocuments:
    """Documents that were requested alternately in one way, and the leaks found."""

    way: Way
    documents: tuple[str, ...]
    requests: int
    leaks: tuple[Leak, ...]

    def findings(self) -> Iterator[str]:
        """One sentence for each leak."""
        for leak in self.leaks:
            yield (
                f"{leak.request_bytes} bytes of each request are kept, allocated at {leak.place} "
                f"({self.requests} requests {self.way.value} for {', '.join(self.documents)})"
            )


def memory_leaks(
    url: str, folder: Path, documents: Mapping[str, TrustedDocument], *, share: float = 1.0
) -> Iterator[MeasuredDocuments]:
    """Measure groups of similar documents, many requests each; raises `CountingFailed`."""
    for way, names, requests in _groups(documents):
        asked = int(share * requests)
        lines = lines_of(_CHILD, url, str(folder), way.value, str(asked), *names)
        yield MeasuredDocuments(
            way, tuple(names), asked, tuple(Leak(**orjson.loads(line)) for line in lines)
        )


def _groups(
    documents: Mapping[str, TrustedDocument],
) -> Iterator[tuple[Way, Collection[str], int]]:
    """The documents that read, those that write, and those that generate replies.

    What a way other than POST keeps, it keeps whatever document is requested.
    """
    with_replies = [name for name, one in documents.items() if generates_reply(one)]
    reads = [name for name, one in documents.items() if one.text.startswith("query")]
    writes = [name for name in documents if name not in {*with_replies, *reads}]
    groups = ((reads, REQUESTS), (writes, REQUESTS), (with_replies, REQUESTS_WITH_REPLIES))
    yield from ((Way.POST, names, requests) for names, requests in groups if names)
    if _ANY in reads:
        yield from ((way, (_ANY,), REQUESTS_IN_OTHER_WAYS) for way in (Way.TEXT, Way.GET, Way.TOOL))


def generates_reply(document: TrustedDocument) -> bool:
    """Whether it generates or awaits a reply, by what it is named, asks for or is refused with."""
    is_asked_for = "Reply" in document.name or _REPLY.search(document.text) is not None
    return is_asked_for or Protection.QUOTA in document.budget.accepts
