"""The trial: people send messages while the server is killed at random moments."""

import asyncio
import secrets
from dataclasses import dataclass
from random import Random

import asyncpg
import httpx2

from perf.chaos.database import add_people
from perf.chaos.kill_replies.audit import AuditResult, audit, count_unfinished_replies
from perf.chaos.kill_replies.people import (
    ClientAnswers,
    MessageSender,
    MessageToSend,
    messages_to_send,
)
from perf.servers.credentials import tokens_of_people
from perf.servers.killable import KillableServer, killable_server

LEASE_SECONDS = 2
_LONGEST_WAIT_SECONDS = 1.0
"""The longest time between an answer and a kill: about as long as a reply takes."""
_ANSWER_SECONDS = 60.0
_QUIET_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Trial:
    """Sizes of a trial; the same `seed` sends the same and kills after the same answers."""

    people: int
    sends: int
    kills: int
    seed: int


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What clients were answered, and what the audit found."""

    answers: ClientAnswers
    model_calls: int
    audit: AuditResult


async def run_trial(trial: Trial, database_url: str, model_url: str) -> TrialResult:
    """Run the trial on an empty, migrated database, with the stand-in at `model_url`."""
    random = Random(trial.seed)
    secret = secrets.token_hex()
    share, rest = divmod(trial.sends, trial.people)
    batches = {
        person: messages_to_send(person, share + (person <= rest), random)
        for person in range(1, trial.people + 1)
    }
    messages = [one for batch in batches.values() for one in batch]
    answers = ClientAnswers()
    connection = await asyncpg.connect(database_url)
    try:
        await add_people(connection, batches)
        environment = {
            "DATABASE_URL": database_url,
            "JWT_SECRET_KEY": secret,
            "CHAT_LLM_BASE_URL": model_url,
            "CHAT_TITLES": "false",
            "CHAT_REPLY_LEASE_SECONDS": str(LEASE_SECONDS),
        }
        async with (
            killable_server(environment) as server,
            httpx2.AsyncClient(base_url=server.url, timeout=_ANSWER_SECONDS) as http,
        ):
            people = {
                person: MessageSender(http, token, answers)
                for person, token in zip(
                    batches, tokens_of_people(secret, trial.people), strict=True
                )
            }
            await _send_and_kill(trial, random, server, people, batches)
            async with asyncio.timeout(_QUIET_SECONDS):
                while await count_unfinished_replies(connection):  # noqa: ASYNC110 - another process ends them
                    await asyncio.sleep(0.1)
            # Each idempotency key once more: the answer must be the same, without a model call.
            for person, batch in batches.items():
                for one in batch:
                    await people[person].send(one)
        calls = await _model_calls(model_url)
        found = await audit(connection, messages, answers, model_calls=calls)
    finally:
        await connection.close()
    return TrialResult(answers, calls, found)


async def _send_and_kill(
    trial: Trial,
    random: Random,
    server: KillableServer,
    people: dict[int, MessageSender],
    batches: dict[int, list[MessageToSend]],
) -> None:
    answered = 0
    progress = asyncio.Event()

    def count() -> None:
        nonlocal answered
        answered += 1
        progress.set()

    async def kill() -> None:
        for after in sorted(random.choices(range(trial.sends), k=trial.kills)):
            while answered < after:
                progress.clear()
                await progress.wait()
            await asyncio.sleep(random.uniform(0, _LONGEST_WAIT_SECONDS))
            await server.kill()
            await server.start()

    async with asyncio.TaskGroup() as group:
        group.create_task(kill())
        for person, batch in batches.items():
            group.create_task(people[person].send_all(batch, count))


async def _model_calls(model_url: str) -> int:
    async with httpx2.AsyncClient() as http:
        control = await http.get(f"{model_url.removesuffix('/v1')}/control")
        return int(control.raise_for_status().json()["counts"]["received"])
