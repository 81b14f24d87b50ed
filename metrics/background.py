"""What background work takes, by job: it is never among what operations take."""

from collections.abc import Mapping

from prometheus_client import Counter

from spans.part import Part
from spans.trace import Use, seconds_by_kind

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


def note_job(job: str, uses: Mapping[Part, Use]) -> None:
    """Count one time that a job was done."""
    for kind, taken in seconds_by_kind(uses).items():
        JOB_SECONDS.labels(job, kind).inc(taken)
