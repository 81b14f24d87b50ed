"""What background work takes, by job: it is never among what operations take."""

from collections.abc import Mapping

from prometheus_client import Counter

from spans.part import Part
from spans.trace import Use, seconds_by_kind

JOB_SECONDS = Counter(
    "guidance_job_seconds",
    "Seconds that a background job passed in parts of a kind; `job` is its own Python.",
    ("job", "kind"),
)
JOB_RUNS = Counter("guidance_job_runs", "How often a background job was done.", ("job",))
JOB_STATEMENTS = Counter(
    "guidance_job_statements",
    "Statements of a repository method that a background job ran.",
    ("job", "method"),
)
JOB_STATEMENT_SECONDS = Counter(
    "guidance_job_statement_seconds",
    "Seconds that these took in the database and on the way.",
    ("job", "method"),
)


def note_job(job: str, uses: Mapping[Part, Use]) -> None:
    """Count one time that a job was done."""
    JOB_RUNS.labels(job).inc()
    for kind, taken in seconds_by_kind(uses).items():
        JOB_SECONDS.labels(job, kind).inc(taken)
