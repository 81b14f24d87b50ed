"""Asking the model for titles, in tasks that no reply waits for."""

import asyncio
from types import TracebackType
from typing import Self

import structlog

from clients.llm import GenerationFailed, TimeShare
from db.database import Database
from db.queries.chat import branches, titles
from db.queries.model_use import PEOPLE
from metrics.generation import TITLES
from services.clock import Clock
from services.generation.models.calls import Call, Calls
from services.generation.models.catalogue import ChatModel
from services.generation.models.rows import use_rows
from services.generation.text_generation import generate_text
from services.guidance.titles.rules import LONGEST_ANSWER, title_of, title_prompt
from spans.current import job_context

_JOB = "titles"
_TIMEOUT_SECONDS = 20.0
_MOST_AT_ONCE = 8
"""Of one process; while as many are being asked for, further conversations wait for their turn."""
_MOST_WAITING = 1_000
_log = structlog.get_logger("guidance.titles")


class TitleWriter:
    """Gives titles by `model`; leaving the block gives up those that are being asked for.

    A conversation whose title could not be had is asked for again after its next reply.
    """

    def __init__(self, database: Database, model: ChatModel, *, clock: Clock) -> None:
        self._database = database
        self._model = model
        self._clock = clock
        self._turns = asyncio.Semaphore(_MOST_AT_ONCE)
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def begin(self, user_id: int, conversation_id: int) -> None:
        """Have a title given soon, if the conversation has none but the start of a message."""
        if conversation_id in self._tasks or len(self._tasks) >= _MOST_WAITING:
            return
        giving = self._give(user_id, conversation_id)
        task = asyncio.create_task(giving, context=job_context(_JOB))
        self._tasks[conversation_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(conversation_id))

    async def _give(self, user_id: int, conversation_id: int) -> None:
        outcome = "failed"
        try:
            async with self._turns:
                outcome = await self._ask_and_store(user_id, conversation_id)
        except GenerationFailed as error:
            _log.info("there is no title", reason=error.reason.value)
        except Exception:  # noqa: BLE001 - a conversation can do without
            _log.exception("there is no title")
        finally:
            TITLES.labels(outcome).inc()

    async def _ask_and_store(self, user_id: int, conversation_id: int) -> str:
        async with self._database.read_primary() as connection:
            beginning = await titles.beginning(connection, user_id, conversation_id)
        if len(beginning) < 2:  # noqa: PLR2004 - a question and its reply
            return "not_needed"
        calls = Calls(self._model.name)
        call = calls.begin(self._model, 0)
        try:
            answer = await self._answer(call, beginning[0]["content"], beginning[1]["content"])
        finally:
            if calls.uses:
                await self._record(user_id, calls)
        title, message_id = title_of(answer), beginning[0]["id"]
        is_given = await self._store(user_id, conversation_id, title, message_id)
        return "given" if is_given else "not_needed"

    async def _store(
        self, user_id: int, conversation_id: int, title: str | None, message_id: int
    ) -> bool:
        async with self._database.begin() as transaction:
            # Whoever deletes the message has the lock, and another statement sees that it is gone.
            if await branches.lock(transaction, user_id, message_id) is None:
                return False
            return await titles.give(
                transaction, user_id, conversation_id, title, message_id=message_id
            )

    async def _answer(self, call: Call, question: str, reply: str) -> str:
        loop = asyncio.get_running_loop()
        texts: list[str] = []

        def add(text: str) -> None:
            texts.append(text)
            call.length += len(text)
            if call.length > LONGEST_ANSWER:
                raise _AnswerTooLong

        try:
            await generate_text(
                self._model.language_model,
                title_prompt(question, reply),
                call.report,
                add,
                time=TimeShare(loop.time() + _TIMEOUT_SECONDS),
            )
        except _AnswerTooLong:
            _log.info("the rest of a long title is not waited for")
        return "".join(texts)

    async def _record(self, user_id: int, calls: Calls) -> None:
        async with self._database.begin() as transaction:
            if await titles.hold_person(transaction, user_id):
                uses = use_rows(calls.uses)
                await PEOPLE.record_use(transaction, user_id, uses, self._clock().date())


class _AnswerTooLong(Exception):
    """The model says more than can be a title."""
