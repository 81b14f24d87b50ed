"""Count what requests for one document cost, with n rows and with 2n."""

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
"""The statements of a request, in the order in which they were answered."""
_SAME = 2
_NOISE_OF_REPLIES, _NOISE_BESIDE_REPLIES = 0.06, 0.2
"""By which share the calls of documents with replies vary, for reasons of timing.

If the reply is awaited, it is read and stored at different times; if it is not, more or less of it
is done before the answer is sent.
"""


@dataclass(frozen=True, slots=True)
class Size:
    """The cost of a request that returned so many rows."""

    rows: int
    fetched: Mapping[str, int]
    """The bytes of the values in the rows, by repository method."""
    calls: Calls
    noise: float
    """By which share the number of calls varies without any change of the source."""


@dataclass(slots=True)
class Seen:
    """The costs of repetitions of the same request.

    Background work only adds calls, so the minimum counts. Concurrent statements may be answered in
    any order and lead to different calls: among the orders seen at least twice, the one with the
    most calls counts.
    """

    sizes: dict[Order, list[Size]] = field(default_factory=dict)

    def add(self, order: Order, size: Size) -> None:
        """Record the cost of one repetition."""
        self.sizes.setdefault(order, []).append(size)

    @property
    def is_certain(self) -> bool:
        """Whether the minimum of every order was seen twice; never if the counts vary."""
        return bool(self.sizes) and all(
            _times(sizes) >= _SAME and not sizes[0].noise for sizes in self.sizes.values()
        )

    @property
    def size(self) -> Size:
        """The cost that counts."""
        if any(sizes[0].noise for sizes in self.sizes.values()):
            return _least([size for sizes in self.sizes.values() for size in sizes])
        certain = [_least(sizes) for sizes in self.sizes.values() if _times(sizes) >= _SAME]
        return max(certain or map(_least, self.sizes.values()), key=_total)


async def count(client: Client, document: TrustedDocument) -> tuple[Size, Size]:
    """The cost with n rows and with 2n; raises `FlowFailed`.

    Repeated by different callers with equal data until it is certain, at most once by each. The
    first callers only warm up caches, prepared statements and the interpreter's specialised code.
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
    # Log records of earlier requests must not be written during this one.
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
