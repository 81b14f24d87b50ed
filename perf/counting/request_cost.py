"""Count what requests for one document cost, with n rows and with 2n."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from cProfile import Profile
from dataclasses import dataclass, field
from typing import TypeAlias

from app.logs import flush_requests
from gql.documents.trusted_documents import TrustedDocument
from perf.counting.calls import Calls, calls_in
from perf.counting.client import InProcessClient, require_success
from perf.gate.data.callers import EQUAL_PAIRS, CallerGroup
from perf.gate.execution.in_process import ResourceUsage, answers_before_reply, starts_reply
from perf.gate.scenarios.scenario import Scenario, ScenarioContext
from perf.gate.scenarios.scenarios import scenarios
from perf.gate.scenarios.usual_variables import usual_variables

Order: TypeAlias = tuple[str, ...]
"""The statements of a request, in the order in which they were answered."""
_SAME = 2
_NOISE_OF_REPLIES, _NOISE_BESIDE_REPLIES = 0.06, 0.2
"""By which share the calls of documents with replies vary, for reasons of timing.

If the reply is awaited, it is read and stored at different times; if it is not, more or less of it
is done before the answer is sent.
"""


@dataclass(frozen=True, slots=True)
class RequestCost:
    """The cost of a request that returned so many rows."""

    rows: int
    fetched: Mapping[str, int]
    """The bytes of the values in the rows, by repository method."""
    calls: Calls
    noise: float
    """By which share the number of calls varies without any change of the source."""


@dataclass(slots=True)
class Repetitions:
    """The costs of repetitions of the same request.

    Background work only adds calls, so the minimum counts. Concurrent statements may be answered in
    any order and lead to different calls: among the orders seen at least twice, the one with the
    most calls counts.
    """

    costs: dict[Order, list[RequestCost]] = field(default_factory=dict)

    def add(self, order: Order, cost: RequestCost) -> None:
        """Record the cost of one repetition."""
        self.costs.setdefault(order, []).append(cost)

    @property
    def is_certain(self) -> bool:
        """Whether the minimum of every order was seen twice; never if the counts vary."""
        return bool(self.costs) and all(
            _times(costs) >= _SAME and not costs[0].noise for costs in self.costs.values()
        )

    @property
    def cost(self) -> RequestCost:
        """The cost that counts."""
        if any(costs[0].noise for costs in self.costs.values()):
            return _least([cost for costs in self.costs.values() for cost in costs])
        certain = [_least(costs) for costs in self.costs.values() if _times(costs) >= _SAME]
        return max(certain or map(_least, self.costs.values()), key=_total)


async def count(
    client: InProcessClient, document: TrustedDocument
) -> tuple[RequestCost, RequestCost]:
    """The cost with n rows and with 2n; raises `RunFailed`.

    Repeated by different callers with equal data until it is certain, at most once by each. The
    first callers only warm up caches, prepared statements and the interpreter's specialised code.
    """
    scenario, few, twice = scenarios()[document.name], Repetitions(), Repetitions()
    for callers in EQUAL_PAIRS[0]:
        await _once(client, document, scenario, callers)
    for both in EQUAL_PAIRS[1:]:
        for callers, repetitions in zip(both, (few, twice), strict=True):
            if not repetitions.is_certain:
                repetitions.add(*await _once(client, document, scenario, callers))
    return few.cost, twice.cost


async def _once(
    client: InProcessClient, document: TrustedDocument, scenario: Scenario, callers: CallerGroup
) -> tuple[Order, RequestCost]:
    context, principal = ScenarioContext(client, callers), scenario.principal(callers)
    await client.warm_up(principal)
    variables = await usual_variables(document, scenario, context)
    # Log records of earlier requests must not be written during this one.
    flush_requests()
    profile = Profile()
    result = await client.ask(document, principal, variables, measuring=_enabled(profile))
    usage = require_success(document, result).usage
    await client.wait_for_replies()
    order = tuple(one.statement.name for one in usage.ran)
    noise = 0.0
    if starts_reply(usage.ran):
        noise = (
            _NOISE_BESIDE_REPLIES
            if answers_before_reply(document, variables)
            else _NOISE_OF_REPLIES
        )
    return order, RequestCost(usage.rows, _fetched(usage), calls_in(profile), noise)


@contextmanager
def _enabled(profile: Profile) -> Iterator[None]:
    profile.enable()
    try:
        yield
    finally:
        profile.disable()


def _fetched(usage: ResourceUsage) -> dict[str, int]:
    costs: Counter[str] = Counter()
    for one in usage.ran:
        costs[one.statement.name] += one.fetched_bytes
    return dict(+costs)


def _total(cost: RequestCost) -> tuple[int, int]:
    return cost.calls.totals


def _least(costs: list[RequestCost]) -> RequestCost:
    return min(costs, key=_total)


def _times(costs: list[RequestCost]) -> int:
    return Counter(map(_total, costs))[_total(_least(costs))]
