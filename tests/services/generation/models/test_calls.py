"""Parts and sums of a reply's calls, and what they cost."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.llm import GenerationReport
from services.generation.models.calls import Calls, Part, utf16_length, written_parts
from services.generation.models.catalogue import ChatModel
from services.generation.models.prices import Price, cost_micros
from tests.services.guidance.chat_instances import ScriptedModel

PRICE = Price("EUR", Decimal(2), Decimal("0.5"), Decimal(8))
COUNTS = st.none() | st.integers(0, 2**31 - 1)


def model(name: str) -> ChatModel:
    return ChatModel(name, ScriptedModel(), price=PRICE)


@pytest.mark.parametrize(
    ("report", "cost"),
    [
        (GenerationReport("m", 1), None),
        (GenerationReport("m", 1, prompt_tokens=3), 6),
        (GenerationReport("m", 1, completion_tokens=1), 8),
        (GenerationReport("m", 1, 10, 4, 5, 5), 12 + 2 + 40),
        # More are cached than there are: all of them are.
        (GenerationReport("m", 1, 10, 99, 0), 5),
        # Half a millionth is one.
        (GenerationReport("m", 1, 1, 1, 0), 1),
    ],
)
def test_a_call_costs_what_its_tokens_cost(report: GenerationReport, cost: int | None) -> None:
    assert cost_micros(PRICE, report) == cost
    assert cost_micros(None, report) is None


@given(COUNTS, COUNTS, COUNTS)
def test_no_count_makes_a_cost_negative(
    prompt: int | None, cached: int | None, completion: int | None
) -> None:
    cost = cost_micros(PRICE, GenerationReport("m", 1, prompt, cached, completion))
    assert cost is None or cost >= 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=6), COUNTS), max_size=9))
def test_parts_cover_the_text_and_sums_have_every_call(
    turns: list[tuple[str, str, int | None]],
) -> None:
    calls, text = Calls("a"), ""
    for name, piece, tokens in turns:
        call = calls.begin(model(name), utf16_length(text))
        call.length, call.report.prompt_tokens = utf16_length(piece), tokens
        text += piece
    parts = calls.parts
    starts = [one.start for one in parts]
    assert starts == sorted(starts)
    assert not text or starts[0] == 0
    assert all(one.model != other.model for one, other in pairwise(parts))
    known = [tokens for _, _, tokens in turns if tokens is not None]
    assert sum(one.prompt_tokens for one in calls.uses) == sum(known)
    assert all((one.prompt_tokens or 0) < 2**31 for one in parts)


def test_parts_of_a_text_that_was_lost_are_left_out() -> None:
    parts = (Part("a", 0), Part("b", 4), Part("a", 9))
    assert written_parts(parts, "🙂🙂x", "a") == parts[:2]
    assert written_parts(parts, "🙂🙂", "a") == parts[:1]
    assert written_parts((), "text", "a") == (Part("a", 0),)
    assert written_parts(parts, "", "a") == ()
