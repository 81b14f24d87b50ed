"""The tasks that write the replies to companies."""

from clients.llm import LanguageModel
from db.database import Database
from services.generation.jobs import GenerationJobs
from services.generation.records import Assignment
from services.generation.writer import RecordOutcome, ReplyWriter
from services.metered.buffered_sink import BufferedSink
from services.metered.reply_store import MeteredReplyStore


def metered_jobs(
    database: Database,
    *,
    model: LanguageModel,
    model_name: str,
    lease_seconds: float,
    grace_seconds: float,
) -> GenerationJobs:
    """The tasks of one process."""

    def new_writer(assignment: Assignment, record: RecordOutcome) -> ReplyWriter:
        return ReplyWriter(
            assignment, model=model, model_name=model_name, sink=BufferedSink(), record=record
        )

    return GenerationJobs(
        database,
        MeteredReplyStore(),
        new_writer,
        lease_seconds=lease_seconds,
        grace_seconds=grace_seconds,
    )
