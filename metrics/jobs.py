"""Background jobs: runs, failures, last success, and the time they take."""

from collections.abc import Mapping
from time import time

from prometheus_client import Counter, Gauge

from spans.part import Part
from spans.trace import SelfTime, seconds_by_kind

RUNS = Counter(
    "guidance_job_runs",
    "Times that a background job was done, by outcome.",
    ("background_job", "outcome"),
)
LAST_SUCCESS = Gauge(
    "guidance_job_last_success_timestamp_seconds",
    "When a background job was last done without an error, in any process; at first when one began"
    " to look after it.",
    ("background_job",),
    multiprocess_mode="max",
)
INTERVAL_SECONDS = Gauge(
    "guidance_job_interval_seconds",
    "How long a background job pauses before it is done again.",
    ("background_job",),
    multiprocess_mode="max",
)
JOB_SECONDS = Counter(
    "guidance_job_seconds",
    "Seconds that a background job passed in parts of a kind; `job` is its own Python.",
    ("background_job", "kind"),
)
JOB_STATEMENTS = Counter(
    "guidance_job_statements",
    "Statements of a repository method that a background job ran.",
    ("background_job", "method"),
)
JOB_STATEMENT_SECONDS = Counter(
    "guidance_job_statement_seconds",
    "Seconds that these took in the database and on the way.",
    ("background_job", "method"),
)


def job_scheduled(job: str, interval_seconds: float) -> None:
    """Record that this process runs a job at this interval."""
    INTERVAL_SECONDS.labels(job).set(interval_seconds)
    LAST_SUCCESS.labels(job).set(time())


def job_done(job: str) -> None:
    """Record a successful run of a job."""
    RUNS.labels(job, "ok").inc()
    LAST_SUCCESS.labels(job).set(time())


def job_failed(job: str) -> None:
    """Count a run that failed, or could not reach the database."""
    RUNS.labels(job, "failed").inc()


def record_job_time(job: str, uses: Mapping[Part, SelfTime]) -> None:
    """Count the seconds that one run of a job took, by kind of part."""
    for kind, taken in seconds_by_kind(uses).items():
        JOB_SECONDS.labels(job, kind).inc(taken)
