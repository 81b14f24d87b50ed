"""Tokens are joined while nobody asks for them, and what has come is given whatever follows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientError, ClientSession

from clients.llm.response.body import CoalescedBody
from tests.fixtures.outside.llm import StandInControl

PIECES = 20


@asynccontextmanager
async def body(stand_in: StandInControl) -> AsyncIterator[CoalescedBody]:
    """The body of what the stand-in answers."""
    async with (
        ClientSession() as session,
        session.post(
            f"{stand_in.url}/chat/completions",
            json={"model": "any", "stream": True, "messages": [{"role": "user", "content": "?"}]},
        ) as response,
    ):
        yield CoalescedBody(response.content)


async def reply_pieces(body: CoalescedBody, rest_seconds: float) -> list[bytes]:
    pieces = []
    while piece := await body.piece():
        pieces.append(piece)
        await body.pause(rest_seconds)
    return pieces


async def test_what_comes_within_a_pause_is_one_piece(stand_in: StandInControl) -> None:
    stand_in.behave(tokens=40, tokens_per_second=100)

    async with body(stand_in) as answer:
        pieces = await reply_pieces(answer, 0.04)
    assert 5 <= len(pieces) <= 12
    assert b"".join(pieces).count(b"data: ") >= 40


async def test_the_end_is_not_waited_for(stand_in: StandInControl) -> None:
    stand_in.behave(tokens=3, tokens_per_second=100)

    async with body(stand_in) as answer, asyncio.timeout(5):
        assert b"".join(await reply_pieces(answer, 10)).endswith(b"data: [DONE]\n\n")


async def test_what_came_before_a_failure_is_given_before_it(stand_in: StandInControl) -> None:
    """The library keeps it, and would never give it: see docs/dependencies.md."""
    stand_in.behave(tokens_per_second=200, cut_after=PIECES)

    async with body(stand_in) as answer:
        first = await answer.piece()
        await answer.pause(0.3)
        rest = await answer.piece()
        # The stand-in begins with an empty one.
        assert (first + rest).count(b'"content"') == 1 + PIECES
        assert rest.count(b'"content"') > PIECES / 2
        for _ in range(2):
            with pytest.raises(ClientError):
                await answer.piece()
