"""Tokens are joined while nobody asks for them, and what has come is given whatever follows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientError, ClientSession

from clients.llm.body import PacedBody
from tests.fixtures.llm import StandInControl

PAUSE_SECONDS = 0.3
PIECES = 20


@asynccontextmanager
async def body(
    stand_in: StandInControl, pause_seconds: float = PAUSE_SECONDS
) -> AsyncIterator[PacedBody]:
    """The body of what the stand-in answers."""
    async with (
        ClientSession() as session,
        session.post(
            f"{stand_in.url}/chat/completions",
            json={"model": "any", "stream": True, "messages": [{"role": "user", "content": "?"}]},
        ) as response,
    ):
        yield PacedBody(response, pause_seconds=pause_seconds)


async def pieces_of(body: PacedBody) -> list[bytes]:
    pieces = []
    while piece := await body.piece():
        pieces.append(piece)
    return pieces


def test_what_comes_within_a_pause_is_one_piece(stand_in: StandInControl) -> None:
    stand_in.behave(tokens=40, tokens_per_second=100)

    async def scenario() -> None:
        async with body(stand_in, 0.1) as answer:
            pieces = await pieces_of(answer)
        assert 3 <= len(pieces) <= 8
        assert b"".join(pieces).count(b"data: ") >= 40

    asyncio.run(scenario())


def test_the_end_is_not_waited_for(stand_in: StandInControl) -> None:
    stand_in.behave(tokens=3, tokens_per_second=100)

    async def scenario() -> None:
        async with body(stand_in, 10) as answer, asyncio.timeout(5):
            assert b"".join(await pieces_of(answer)).endswith(b"data: [DONE]\n\n")

    asyncio.run(scenario())


def test_what_came_before_a_failure_is_given_before_it(stand_in: StandInControl) -> None:
    """The library keeps it, and would never give it: see docs/dependencies.md."""
    stand_in.behave(tokens_per_second=200, cut_after=PIECES)

    async def scenario() -> None:
        async with body(stand_in) as answer:
            first, rest = await answer.piece(), await answer.piece()
            assert (first + rest).count(b'"content"') == PIECES
            assert rest.count(b'"content"') > PIECES / 2
            for _ in range(2):
                with pytest.raises(ClientError):
                    await answer.piece()

    asyncio.run(scenario())
