"""`guidance bench privacy`: time and memory to export and to erase a person with many messages."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import asyncpg
import click
import psutil

from app.composition.database_url import database_url
from app.composition.privacy import Privacy
from app.settings import Settings, load_settings
from app.wiring import open_application
from perf.cli import options

MESSAGES_A_CONVERSATION = 20
_SAMPLE_SECONDS = 0.002
_MEGABYTE = 1e6
_SOMEBODY, _NOBODY = 1, 2
_FILL = """
INSERT INTO users (id, email) VALUES (1, 'somebody@example.com'), (2, 'nobody@example.com');
INSERT INTO chat_conversations (id, user_id, title)
  SELECT c, 1, 'Conversation ' || c FROM generate_series(1, {conversations}) c;
INSERT INTO chat_messages (user_id, conversation_id, role, content, created_at, model, attempts)
  SELECT 1, 1 + m / {length}, CASE m % 2 WHEN 0 THEN 'user' ELSE 'assistant' END,
         (SELECT string_agg(md5((m * 20 + word)::text), ' ') FROM generate_series(1, 15) word),
         now() - ({messages} - m) * interval '1 minute',
         CASE m % 2 WHEN 1 THEN 'stand-in' END, CASE m % 2 WHEN 1 THEN 1 END
  FROM generate_series(0, {messages} - 1) m;
"""


@dataclass(slots=True)
class Measurement:
    """Duration and peak memory of a measured block."""

    seconds: float = 0.0
    peak_bytes: int = 0


@click.command("privacy")
@options.number("--messages", 100_000, "Messages of the person, about 500 bytes each.")
def bench_privacy(messages: int) -> None:
    """Export and erase a person with many messages.

    On a database of its own, which is thrown away.
    """
    with TemporaryDirectory(prefix="guidance-bench-") as folder:
        settings = load_settings().model_copy(
            update={
                "database_url": None,
                "guidance_data_dir": Path(folder),
                "erasure_grace_days": 0,
            }
        )
        with database_url(settings) as url:
            asyncio.run(_measure(settings, url, messages))


async def _measure(settings: Settings, url: str, messages: int) -> None:
    await _fill(url, messages)
    async with open_application(settings, url) as parts:
        privacy = parts.privacy
        await _export(privacy, _NOBODY)  # warm-up: loads what is loaded once
        exported = await _export(privacy, _SOMEBODY)
        largest = max(_sizes(settings.guidance_data_dir / "exports"))
        click.echo(f"{'':<10}{'seconds':>10}{'peak MB above idle':>22}{'archive MB':>14}")
        _print("export", exported, f"{largest / _MEGABYTE:>14.1f}")
        _print("erasure", await _erase(privacy, _SOMEBODY), "")


async def _fill(url: str, messages: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            _FILL.format(
                messages=messages,
                length=MESSAGES_A_CONVERSATION,
                conversations=messages // MESSAGES_A_CONVERSATION + 1,
            )
        )
        await connection.execute("VACUUM (ANALYZE) chat_conversations, chat_messages")
    finally:
        await connection.close()


async def _export(privacy: Privacy, user_id: int) -> Measurement:
    await privacy.service.request_export(user_id, idempotency_key="export", request_id="bench")
    with _measured() as taken:
        await privacy.runner.run_due(privacy.exporting)
    return taken


async def _erase(privacy: Privacy, user_id: int) -> Measurement:
    await privacy.service.request_erasure(user_id, idempotency_key="erase", request_id="bench")
    with _measured() as taken:
        await privacy.runner.run_due(privacy.erasing)
    return taken


@contextmanager
def _measured() -> Iterator[Measurement]:
    """Measure the block; a thread samples memory, so that a blocked event loop hides nothing."""
    process, taken, is_over = psutil.Process(), Measurement(), threading.Event()
    idle = process.memory_info().rss

    def watch() -> None:
        while not is_over.wait(_SAMPLE_SECONDS):
            taken.peak_bytes = max(taken.peak_bytes, process.memory_info().rss - idle)

    watching = threading.Thread(target=watch)
    watching.start()
    started = perf_counter()
    try:
        yield taken
    finally:
        taken.seconds = perf_counter() - started
        is_over.set()
        watching.join()


def _print(name: str, taken: Measurement, size: str) -> None:
    peak = taken.peak_bytes / _MEGABYTE
    click.echo(f"{name:<10}{taken.seconds:>10.1f}{peak:>22.1f}{size}")


def _sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.iterdir()]
