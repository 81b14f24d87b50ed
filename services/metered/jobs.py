"""The jobs that write the replies to companies."""

from clients.llm import LanguageModel
from db.database import Database
from services.generation.jobs import GenerationJobs
from services.generation.records import Assignment
from services.generation.writer import Record, Writer
from services.metered.replies import MeteredReplies
from services.metered.whole_text import WholeText


def metered_jobs(
    database: Database,
    *,
    model: LanguageModel,
    model_name: str,
    lease_seconds: float,
    grace_seconds: float,
) -> GenerationJobs:
    """Jobs for one process."""

    def new_writer(assignment: Assignment, record: Record) -> Writer:
        return Writer(
            assignment, model=model, model_name=model_name, sink=WholeText(), record=record
        )

    return GenerationJobs(
        database,
        MeteredReplies(),
        new_writer,
        lease_seconds=lease_seconds,
        grace_seconds=grace_seconds,
    )
