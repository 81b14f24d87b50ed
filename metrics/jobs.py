"""Background jobs: whether they are still done, and how often they fail."""

from time import time

from prometheus_client import Counter, Gauge

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


def job_scheduled(job: str, interval_seconds: float) -> None:
    """Note that this process is going to do a job again and again."""
    INTERVAL_SECONDS.labels(job).set(interval_seconds)
    LAST_SUCCESS.labels(job).set(time())


def job_done(job: str) -> None:
    """Note that a job was done."""
    RUNS.labels(job, "ok").inc()
    LAST_SUCCESS.labels(job).set(time())


def job_failed(job: str) -> None:
    """Note that a job failed, or could not reach the database."""
    RUNS.labels(job, "failed").inc()
