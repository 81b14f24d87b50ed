"""What one document's request takes, counted for callers of two sizes."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from cProfile import Profile
from dataclasses import dataclass, field
from typing import TypeAlias

from app.logs import flush_requests
from gql.documents.budgets import TrustedDocument
from perf.counting.asking import Client, well_answered
from perf.counting.calls import Calls, calls_in
from perf.gate.callers import ALIKE, Callers
from perf.gate.flows import FLOWS, Asking, Flow
from perf.gate.running import Taken, begins_reply, leaves_reply
from perf.gate.usual import usual_variables

Order: TypeAlias = tuple[str, ...]
"""The statements of a request, as they were answered."""
_SAME = 2
_NOISE_OF_REPLIES, _NOISE_BESIDE_REPLIES = 0.06, 0.2
"""While a reply is waited for: when it is read, and whether it is stored once more meanwhile, is a
matter of time. And where it is not waited for: how much of it is done before all is answered."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a request took that asked for so many rows."""

    rows: int
    fetched: Mapping[str, int]
    """Bytes of the values in the rows, by repository method."""
    calls: Calls
    noise: float
    """By which share the calls may be more, for nothing that the source does."""


@dataclass(slots=True)
class Seen:
    """What the same request took again and again.

    What runs in the background only adds, so that the least counts. But statements that run at
    once are answered in either order, which other code follows on: of those orders that were seen
    twice the one with most calls counts.
    """

    sizes: dict[Order, list[Size]] = field(default_factory=dict)

    def add(self, order: Order, size: Size) -> None:
        """Note what it took this time."""
        self.sizes.setdefault(order, []).append(size)

    @property
    def is_certain(self) -> bool:
        """Whether the least of every order was seen twice; never where there is noise."""
        return bool(self.sizes) and all(
            _times(sizes) >= _SAME and not sizes[0].noise for sizes in self.sizes.values()
        )

    @property
    def size(self) -> Size:
        """What counts."""
        if any(sizes[0].noise for sizes in self.sizes.values()):
            return _least([size for sizes in self.sizes.values() for size in sizes])
        certain = [_least(sizes) for sizes in self.sizes.values() if _times(sizes) >= _SAME]
        return max(certain or map(_least, self.sizes.values()), key=_total)


async def count(client: Client, document: TrustedDocument) -> tuple[Size, Size]:
    """The calls for n rows and for 2n; raises `FlowFailed`.

    Each is asked by other people with the same rows until it is certain, and at most by all. The
    first only warm up: caches fill, statements are prepared, and code is specialised.
    """
    flow, few, twice = FLOWS[document.name], Seen(), Seen()
    for callers in ALIKE[0]:
        await _once(client, document, flow, callers)
    for both in ALIKE[1:]:
        for callers, seen in zip(both, (few, twice), strict=True):
            if not seen.is_certain:
                seen.add(*await _once(client, document, flow, callers))
    return few.size, twice.size


async def _once(
    client: Client, document: TrustedDocument, flow: Flow, callers: Callers
) -> tuple[Order, Size]:
    asking, principal = Asking(client, callers), flow.principal(callers)
    await client.greet(principal)
    variables = await usual_variables(document, flow, asking)
    # Those of the requests before are not to be written while this one is counted.
    flush_requests()
    profile = Profile()
    answered = await client.ask(document, principal, variables, measuring=_enabled(profile))
    taken = well_answered(document, answered).taken
    await client.settle()
    order = tuple(one.statement.name for one in taken.ran)
    noise = 0.0
    if begins_reply(taken.ran):
        noise = _NOISE_BESIDE_REPLIES if leaves_reply(document, variables) else _NOISE_OF_REPLIES
    return order, Size(taken.rows, _fetched(taken), calls_in(profile), noise)


@contextmanager
def _enabled(profile: Profile) -> Iterator[None]:
    profile.enable()
    try:
        yield
    finally:
        profile.disable()


def _fetched(taken: Taken) -> dict[str, int]:
    sizes: Counter[str] = Counter()
    for one in taken.ran:
        sizes[one.statement.name] += one.fetched_bytes
    return dict(+sizes)


def _total(size: Size) -> tuple[int, int]:
    return size.calls.totals


def _least(sizes: list[Size]) -> Size:
    return min(sizes, key=_total)


def _times(sizes: list[Size]) -> int:
    return Counter(map(_total, sizes))[_total(_least(sizes))]
