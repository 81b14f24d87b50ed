"""Operations beside others of the same caller: who waits, who is refused, who does not count."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.graphql.metering.charge import Throttled
from app.graphql.metering.meter import Meter
from gql.build import core_schema
from gql.documents.document_cache import DocumentCache
from gql.documents.operation import Operation
from gql.documents.validation.limits import Limits
from gql.runtime.execution import coerce_variables
from metrics.observations import Outcome
from services.callers.principal import ApiClient, Person
from services.throttling.concurrency import ConcurrencyLimiter
from services.throttling.memory_buckets import MemoryBuckets
from services.throttling.rate_limiter import RateLimiter
from services.throttling.records import BucketPolicy, CostLimits

KEY, OTHER_KEY = (ApiClient(account_id=1, credential_id=number) for number in (1, 2))
PERSON = Person(user_id=1)
BUDGET = BucketPolicy(100, 1)
CORE = core_schema()
PREPARATION = DocumentCache(
    CORE, limits=Limits(tokens=100, depth=9, aliases=9), allows_introspection=False
)
COMPANY = PREPARATION.operation("{ enterpriseAccount { companyName } }", None)
REPLY = PREPARATION.operation('subscription { replyStream(messageId: "x") { __typename } }', None)


def meter(most_waiting: int) -> Meter:
    budgets = RateLimiter(MemoryBuckets(seconds=lambda: 0.0), None)
    return Meter(
        CostLimits(50, BUDGET, BUDGET), budgets, ConcurrencyLimiter(1, most_waiting=most_waiting)
    )


@asynccontextmanager
async def at_work(
    meter: Meter, operation: Operation, caller: ApiClient | Person
) -> AsyncIterator[None]:
    charge = await meter.charge(operation, coerce_variables(CORE, operation, None), caller)
    try:
        yield
    finally:
        charge.settle(Outcome.SERVER_ERROR, None)


async def test_one_too_many_is_refused_with_its_cost_and_spends_nothing() -> None:
    one = meter(most_waiting=0)
    async with at_work(one, COMPANY, KEY):
        with pytest.raises(Throttled) as refused:
            async with at_work(one, COMPANY, KEY):
                pass
        async with at_work(one, COMPANY, OTHER_KEY), at_work(one, COMPANY, PERSON):
            pass
    assert refused.value.retry_after_seconds == 1
    assert refused.value.extensions == {
        "cost": {
            "requestedQueryCost": 1,
            "actualQueryCost": None,
            "throttleStatus": {
                "maximumAvailable": 100,
                "currentlyAvailable": 99,
                "restoreRate": 1,
            },
        }
    }
    async with at_work(one, COMPANY, KEY):
        pass


async def test_an_empty_budget_keeps_no_turn() -> None:
    budgets = RateLimiter(MemoryBuckets(seconds=lambda: 0.0), None)
    one = Meter(
        CostLimits(50, BucketPolicy(1, 1), BUDGET),
        budgets,
        ConcurrencyLimiter(2, most_waiting=0),
    )
    async with at_work(one, COMPANY, KEY):
        for _ in range(3):
            with pytest.raises(Throttled) as refused:
                async with at_work(one, COMPANY, KEY):
                    pass
            assert "The budget is used up" in refused.value.errors[0].message


async def test_a_subscription_that_has_begun_does_not_count() -> None:
    one = meter(most_waiting=0)
    async with (
        at_work(one, REPLY, PERSON),
        at_work(one, REPLY, PERSON),
        at_work(one, COMPANY, PERSON),
    ):
        pass
