"""The parts of traced requests: which of them grew, and what is no part of a request."""

import pytest

from perf.comparisons.report.comparison.explanation import Uses, explanation
from perf.load.monitoring.scrape import method_uses
from perf.load.results.report import MethodUse

NOTHING = MethodUse(calls=0, rows=0, errors=0, wait_seconds=0, database_seconds=0)
ONE = {
    "request Quota": (1.0, 0.0002),
    "execution Quota": (1.0, 0.0003),
    "encoder Quota": (1.0, 0.0001),
    "resolver User.quota": (1.0, 0.0001),
    "batch quota": (1.0, 0.0002),
    "python quota.used": (1.0, 0.0001),
    "database quota.used": (1.0, 0.001),
}
OTHER_WORK = {"encoder Page": (1.0, 0.004), "job documents": (1.0, 0.01)}


def uses(parts: dict[str, tuple[float, float]], times: float = 1.0, **grown: float) -> Uses:
    """What was counted, so many times, some of it with more milliseconds."""
    found = {
        part: NOTHING.model_copy(
            update={
                "traced_times": times * often,
                "traced_seconds": times * (seconds + grown.get(part, 0.0) / 1_000),
            }
        )
        for part, (often, seconds) in parts.items()
    }
    found["quota.used"] = NOTHING.model_copy(
        update={"calls": times, "database_seconds": times * 0.001}
    )
    return found


def why(added_ms: float, **grown: float) -> tuple[str, ...]:
    before = uses(ONE), uses(ONE | OTHER_WORK, 100)
    after = uses(ONE), uses(ONE | OTHER_WORK, 100, **grown)
    return explanation(before, after, added_ms=added_ms)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("python quota.used", "the Python of quota.used takes 30.1 ms of a request instead of 0.1"),
        ("batch quota", "the Python of the loader quota takes 30.2 ms of a request instead of 0.2"),
        (
            "resolver User.quota",
            "the resolver User.quota takes 30.1 ms of a request instead of 0.1",
        ),
        ("encoder Quota", "the encoder of Quota takes 30.1 ms of a request instead of 0.1"),
        (
            "database quota.used",
            "quota.used in the database takes 31.0 ms of a request instead of 1.0",
        ),
    ],
)
def test_the_part_that_grew_is_named_and_no_other(part: str, words: str) -> None:
    assert why(30.0, **{part: 30.0}) == (words,)


def test_the_encoder_of_another_operation_explains_nothing() -> None:
    (said,) = why(30.0, **{"encoder Page": 30.0})
    assert said == (
        "what is known of its requests accounts for +0.0 ms of +30.0 ms; the rest passes before "
        "they are read, or on the way"
    )


def test_a_busy_loop_is_named_although_no_request_alone_waited_for_it() -> None:
    before = uses(ONE), uses(ONE, 100)
    after = uses(ONE), uses(ONE | {"event_loop Quota": (3.0, 0.012)}, 100)
    assert explanation(before, after, added_ms=12.0) == (
        (
            "waiting for a busy event loop, or a processor, in Quota takes 12.0 ms of a request "
            "instead of 0.0"
        ),
    )


def test_a_job_is_named_as_what_it_is() -> None:
    (said,) = why(0.0, **{"job documents": 100.0})
    assert said == (
        "the background job documents took 11.0 s meanwhile instead of 1.0, which is no part of "
        "a request"
    )


def test_less_is_no_reason_for_more() -> None:
    assert why(30.0, **{"encoder Quota": 30.0, "database quota.used": -0.9}) == (
        "the encoder of Quota takes 30.1 ms of a request instead of 0.1",
    )


def test_what_jobs_ran_is_not_what_requests_ran() -> None:
    method = 'method="quota.used"'
    grown = {
        ("guidance_statement_seconds_count", method): 12.0,
        ("guidance_statement_seconds_sum", method): 3.0,
        ("guidance_job_statements_total", f'background_job="export",{method}'): 10.0,
        ("guidance_job_statement_seconds_total", f'background_job="export",{method}'): 2.5,
        ("guidance_statement_seconds_count", 'method="operations.version"'): 4.0,
        (
            "guidance_job_statements_total",
            'background_job="documents",method="operations.version"',
        ): 4.0,
        ("guidance_part_total", 'kind="python",name="quota.used"'): 2.0,
        ("guidance_part_seconds_total", 'kind="python",name="quota.used"'): 0.25,
        ("guidance_job_seconds_total", 'background_job="export",kind="database"'): 2.5,
        ("guidance_job_seconds_total", 'background_job="export",kind="job"'): 0.5,
        ("guidance_job_runs_total", 'background_job="export",outcome="ok"'): 5.0,
    }
    found = method_uses(grown)
    assert (found["quota.used"].calls, found["quota.used"].database_seconds) == (2.0, 0.5)
    assert set(found) == {"quota.used", "python quota.used", "job export"}
    assert (found["python quota.used"].calls, found["python quota.used"].traced_seconds) == (
        0,
        0.25,
    )
    assert (found["job export"].traced_times, found["job export"].traced_seconds) == (5.0, 3.0)
