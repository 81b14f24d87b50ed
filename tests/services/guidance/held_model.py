"""A model that answers each prompt when a test says so, however many there are at once."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from clients.llm import ALONE, GenerationReport, PromptMessage, Role, TimeShare


@dataclass
class Call:
    """One call of the model: what it was given, without the instructions, and what it says."""

    prompt: list[tuple[bool, str]]
    pieces: "asyncio.Queue[str | None]" = field(default_factory=asyncio.Queue)

    def say(self, text: str) -> None:
        self.pieces.put_nowait(text)

    def end(self) -> None:
        self.pieces.put_nowait(None)


@dataclass
class HeldModel:
    """Keeps every call until its end; each message of a prompt says whether it is a reply."""

    calls: list[Call] = field(default_factory=list)

    async def generate(
        self,
        messages: Sequence[PromptMessage],
        report: GenerationReport,
        _time: TimeShare = ALONE,
    ) -> AsyncGenerator[str, None]:
        report.attempts += 1
        said = [one for one in messages if one.role is not Role.SYSTEM]
        call = Call([(one.role is Role.ASSISTANT, one.content) for one in said])
        self.calls.append(call)
        while (piece := await call.pieces.get()) is not None:
            yield piece
