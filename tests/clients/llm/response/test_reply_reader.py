"""Whole streams of bytes, as providers send them, however they are split."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.llm import FailureReason, GenerationReport
from clients.llm.response.events import LONGEST_EVENT_BYTES
from clients.llm.response.failures import AttemptFailed
from clients.llm.response.reply_reader import MOST_STREAM_BYTES, ReplyReader
from tests.clients.llm.response.chunks import DONE, USAGE, WHOLE, chunk, event

MOST_CHARACTERS = 100


@dataclass
class Read:
    """What came of a stream."""

    pieces: list[str] = field(default_factory=list)
    reason: FailureReason | None = None
    has_finished: bool = False
    counts: tuple[int | None, int | None] = (None, None)

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def read(*parts: bytes, failure: AttemptFailed | None = None) -> Read:
    """Read a stream that comes in these parts, and ends, or breaks off with `failure`."""
    report, outcome = GenerationReport("a model"), Read()
    reader = ReplyReader(report, most_characters=MOST_CHARACTERS)
    try:
        try:
            for part in parts:
                if not reader.is_done:
                    outcome.pieces.extend(reader.feed(part))
            if failure is None and not reader.is_done:
                outcome.pieces.extend(reader.end())
        except AttemptFailed as error:
            failure = error
        reader.check_complete(failure)
    except AttemptFailed as error:
        outcome.reason = error.reason
    outcome.has_finished = reader.has_finished
    outcome.counts = (report.prompt_tokens, report.completion_tokens)
    return outcome


STREAMS: list[tuple[str, str, FailureReason | None]] = [
    (WHOLE + chunk(None, "stop") + USAGE + DONE, "Hello", None),
    (WHOLE + chunk(None, "stop"), "Hello", None),
    (WHOLE + DONE, "Hello", None),
    (WHOLE, "Hello", FailureReason.UNAVAILABLE),
    (WHOLE + "data: [DONE]", "Hello", None),
    (WHOLE + "data: [DONE] \n\n", "Hello", None),
    (WHOLE + DONE + DONE + chunk(" again"), "Hello", None),
    (chunk("Hel", "") + chunk("lo", "") + DONE, "Hello", None),
    (chunk("Hel", "stop") + chunk("lo", "stop") + DONE, "Hello", None),
    (chunk("Hel", "stop") + chunk("lo", "stop"), "Hello", None),
    (chunk("Hel", "length") + chunk("lo", "stop") + DONE, "Hello", None),
    (chunk("Hel", "stop") + chunk("lo", "length") + DONE, "Hello", FailureReason.TOO_LONG),
    (WHOLE + chunk(None, "stop") + chunk("!") + DONE, "Hello!", None),
    (WHOLE + chunk(None, "length") + chunk(None, "") + DONE, "Hello", FailureReason.TOO_LONG),
    (WHOLE + chunk(None, "content_filter") + DONE, "Hello", FailureReason.REFUSED),
    (WHOLE + chunk(None, "error") + DONE, "Hello", FailureReason.UNAVAILABLE),
    (WHOLE + chunk(None, "tool_calls") + DONE, "Hello", None),
    ("\ufeff" + WHOLE + DONE, "Hello", None),
    (": keep-alive\n\n" * 3 + WHOLE + ": keep-alive\n\n" + DONE, "Hello", None),
    (WHOLE.replace("\n", "\r\n") + DONE.replace("\n", "\r"), "Hello", None),
    (WHOLE.replace("data: ", "data:") + DONE, "Hello", None),
    (WHOLE.replace("\n\n", "\n") + DONE, "Hello", None),
    (f"event: message\nid: 7\nretry: 3\nunknown\n{WHOLE}{DONE}", "Hello", None),
    ("data\n\n" + "data: \n\n" + WHOLE + DONE, "Hello", None),
    (chunk([{"type": "text", "text": "Hello"}]) + DONE, "Hello", None),
    (event(None) + event([]) + event("x") + event({"choices": None}) + WHOLE + DONE, "Hello", None),
    (event({"error": None}) + WHOLE + DONE, "Hello", None),
    (WHOLE + event({"error": {"code": 502}}) + DONE, "Hello", FailureReason.UNAVAILABLE),
    (WHOLE + event({"error": "overloaded"}) + DONE, "Hello", FailureReason.UNAVAILABLE),
    (
        WHOLE + event({"error": {"code": "content_filter"}}) + DONE,
        "Hello",
        FailureReason.REFUSED,
    ),
    (WHOLE + chunk(None, "stop") + event({"error": {"code": []}}), "Hello", None),
    (WHOLE + "data: {\n\n" + DONE, "Hello", FailureReason.MALFORMED),
    (WHOLE + 'data: {"choices": [{"del', "Hello", FailureReason.UNAVAILABLE),
    (WHOLE + chunk(None, "stop") + "data: {\n\n" + DONE, "Hello", None),
    (WHOLE + chunk(7) + DONE, "Hello", FailureReason.MALFORMED),
    ("data: " + "[" * 100_000 + "\n\n" + WHOLE + DONE, "", FailureReason.MALFORMED),
    (DONE, "", FailureReason.EMPTY),
    ("", "", FailureReason.UNAVAILABLE),
    (event({"choices": [{"delta": {"refusal": "No."}}]}) + DONE, "", FailureReason.REFUSED),
    (chunk("x" * MOST_CHARACTERS) + DONE, "x" * MOST_CHARACTERS, None),
    (chunk("x" * 99) + chunk("yz") + DONE, "x" * 99 + "y", FailureReason.TOO_LONG),
    (chunk("ab") * 51 + DONE, "ab" * 50, FailureReason.TOO_LONG),
    ("<html><body>Sign in</body></html>", "", FailureReason.UNAVAILABLE),
]


@pytest.mark.parametrize(("stream", "text", "reason"), STREAMS, ids=range(len(STREAMS)))
def test_what_comes_of_a_stream(stream: str, text: str, reason: FailureReason | None) -> None:
    outcome = read(stream.encode())
    assert (outcome.text, outcome.reason) == (text, reason)
    assert all(outcome.pieces)


def test_the_counts_come_last() -> None:
    outcome = read((WHOLE + chunk(None, "stop") + USAGE + DONE).encode())
    assert outcome.counts == (3, 4)


def test_counts_that_nobody_can_keep_cost_nothing() -> None:
    usage = "data: " + '{"usage": {"prompt_tokens": %s, "completion_tokens": NaN}}' + "\n\n"
    for tokens in ("-1", "1e400", "9" * 5_000, '"3x"', str(2**31)):
        outcome = read((WHOLE + usage % tokens + DONE).encode())
        assert (outcome.text, outcome.reason, outcome.counts) == ("Hello", None, (None, None))


@pytest.mark.parametrize("reason", [FailureReason.TIMEOUT, FailureReason.UNAVAILABLE])
@pytest.mark.parametrize(
    ("stream", "is_whole"),
    [
        (WHOLE, False),
        (WHOLE + chunk(None, "stop"), True),
        (chunk("Hello", "stop"), True),
        (chunk("Hel", "stop") + chunk("lo", "stop"), False),
        (chunk("Hel", "stop") + chunk("lo", "stop") + chunk(None, "stop"), True),
        (chunk("", "stop"), False),
    ],
)
def test_trouble_takes_nothing_from_a_reply_that_had_ended(
    stream: str, reason: FailureReason, *, is_whole: bool
) -> None:
    outcome = read(stream.encode(), failure=AttemptFailed(reason))
    assert outcome.reason is (None if is_whole else reason)


@pytest.mark.parametrize(
    ("stream", "has_finished"),
    [
        (WHOLE, False),
        (chunk("", "stop"), False),
        (chunk("Hello", "stop"), False),
        (WHOLE + chunk(None, "stop"), True),
        (WHOLE + chunk(None, "stop") + chunk("!"), False),
    ],
)
def test_only_a_reason_by_itself_after_the_text_is_an_end(
    stream: str, *, has_finished: bool
) -> None:
    assert read(stream.encode()).has_finished is has_finished


def test_bytes_that_are_no_text_are_replaced() -> None:
    stream = chunk("a?b").encode().replace(b"?", b"\xff\xf0\x9f") + DONE.encode()
    outcome = read(stream)
    assert (outcome.text, outcome.reason) == ("a\ufffd\ufffdb", None)


@pytest.mark.parametrize("start", [b"data: ", b": ", b"", b"data: x\n"])
def test_an_event_without_end_is_given_up(start: bytes) -> None:
    part = b"x" * 65_536
    parts = [WHOLE.encode(), start, *[part] * (LONGEST_EVENT_BYTES // len(part) + 1)]
    outcome = read(*parts)
    assert (outcome.text, outcome.reason) == ("Hello", FailureReason.MALFORMED)


def test_remarks_without_end_are_given_up() -> None:
    remark = b": still here".ljust(100_000) + b"\n"
    parts = [WHOLE.encode(), *[remark] * (MOST_STREAM_BYTES // len(remark) + 1)]
    outcome = read(*parts)
    assert (outcome.text, outcome.reason) == ("Hello", FailureReason.MALFORMED)


_LINES = st.sampled_from(
    [
        chunk("Hel"),
        chunk("lo ✓", "stop"),
        chunk("\U0001f600", ""),
        chunk(None, "length"),
        chunk([{"type": "text", "text": "part"}]),
        USAGE,
        DONE,
        ": remark\n",
        "event: x\n",
        "data: {\n",
        "data: \n",
        "\n",
        "\r",
        "\r\n",
        "data: 1",
        "\ufeff",
        event({"error": {"code": "content_filter"}}),
    ]
)


@given(st.lists(_LINES, max_size=8), st.lists(st.integers(0, 600), max_size=30), st.booleans())
def test_the_same_bytes_give_the_same_reply_however_they_are_split(
    lines: list[str], cuts: list[int], cr: bool
) -> None:
    stream = "".join(lines).replace("\n", "\r\n" if cr else "\n").encode()
    ends = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    parts = [stream[start:end] for start, end in pairwise(ends)]
    bytewise = [bytes([one]) for one in stream]
    assert read(*parts) == read(stream) == read(*bytewise)


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_no_bytes_are_an_unexpected_error(parts: list[bytes]) -> None:
    assert read(*parts) == read(b"".join(parts))
