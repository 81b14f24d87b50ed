"""What one document's request takes, counted for callers of two sizes."""

from collections.abc import Iterator
from contextlib import contextmanager
from cProfile import Profile
from dataclasses import dataclass

from gql.operations.budgets import TrustedDocument
from perf.counting.asking import Client
from perf.counting.calls import Calls, calls_in
from perf.gate.callers import ALIKE, Callers
from perf.gate.flows import FLOWS, Asking, Flow
from perf.gate.running import waits_for_model_after


_SAME = 2
"""How often the least has to be seen: what runs in the background only adds."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a request took that asked for so many rows."""

    rows: int
    fetched_bytes: int
    calls: Calls
    waits_for_model: bool


@dataclass(slots=True)
class _Least:
    """The least that was seen, and how often."""

    size: Size | None = None
    times: int = 0

    @property
    def is_certain(self) -> bool:
        """Whether asking again can tell nothing new."""
        return self.times >= _SAME and self.size is not None and not self.size.waits_for_model

    def add(self, size: Size) -> None:
        known = self.size.calls.totals if self.size is not None else None
        if known is None or size.calls.totals < known:
            self.size, self.times = size, 1
        elif size.calls.totals == known:
            self.times += 1


async def count(client: Client, document: TrustedDocument) -> tuple[Size, Size]:
    """The calls for n rows and for 2n; raises `FlowFailed`.

    Each is asked by other people with the same rows until the least was seen twice; where the model
    is waited for, by all there are. The first only warm up: caches fill, statements are prepared, and code is specialised.
    """
    flow, least = FLOWS[document.name], (_Least(), _Least())
    for callers in ALIKE[0]:
        await _once(client, document, flow, callers)
    for both in ALIKE[1:]:
        for callers, one in zip(both, least, strict=True):
            if not one.is_certain:
                one.add(await _once(client, document, flow, callers))
    few, twice = (one.size for one in least)
    assert few is not None  # noqa: S101 - there are people
    assert twice is not None  # noqa: S101 - there are people
    return few, twice


async def _once(client: Client, document: TrustedDocument, flow: Flow, callers: Callers) -> Size:
    asking, principal = Asking(client, callers), flow.principal(callers)
    await client.greet(principal)
    variables = await flow.variables(asking)
    profile = Profile()
    taken, _ = await client.run(document, principal, variables, measuring=_enabled(profile))
    waited = waits_for_model_after(document)
    waits = any(one.statement.name in waited for one in taken.ran)
    return Size(taken.rows, taken.fetched_bytes, calls_in(profile), waits)


@contextmanager
def _enabled(profile: Profile) -> Iterator[None]:
    profile.enable()
    try:
        yield
    finally:
        profile.disable()
