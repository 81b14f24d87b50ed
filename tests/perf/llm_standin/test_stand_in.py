"""The stand-in speaks the chat API, misbehaves as configured, counts, and ends with its parent."""

import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import orjson
import pytest
from click.testing import CliRunner

from perf.llm_standin.command import llm_standin
from perf.llm_standin.process import running_stand_in
from services.guidance.titles.rules import title_prompt
from tests.fixtures.outside.llm import FAST, StandInControl
from tests.fixtures.servers.processes import accepts, until

CHAT = "/v1/chat/completions"
OPENING = "[stand-in] No language model wrote this reply;"


# Any: requests are JSON.
def request(prompt: str = "Hello", **others: Any) -> dict[str, Any]:
    return {"model": "any", "messages": [{"role": "user", "content": prompt}], **others}


def said(answer: httpx2.Response) -> str:
    content = answer.raise_for_status().json()["choices"][0]["message"]["content"]
    assert isinstance(content, str)
    return content


def test_a_whole_reply(stand_in: StandInControl) -> None:
    reply = stand_in.http.post(CHAT, json=request("Hello there")).json()
    content = reply["choices"][0]["message"]["content"]
    assert content.startswith(OPENING)
    assert len(content.split()) == 30
    assert reply["model"] == "stand-in"
    assert reply["choices"][0]["finish_reason"] == "stop"
    assert reply["usage"] == {"prompt_tokens": 2, "completion_tokens": 30, "total_tokens": 32}


def test_a_streamed_reply_says_the_same(stand_in: StandInControl) -> None:
    whole = said(stand_in.http.post(CHAT, json=request()))
    requested = request(stream=True, stream_options={"include_usage": True})
    streamed = stand_in.http.post(CHAT, json=requested)
    assert streamed.headers["content-type"] == "text/event-stream"
    *events, done, rest = streamed.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    *chunks, finish, usage = [orjson.loads(event.removeprefix("data: ")) for event in events]
    assert "".join(chunk["choices"][0]["delta"]["content"] for chunk in chunks) == whole
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert finish["choices"] == [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    assert (usage["choices"], usage["usage"]["completion_tokens"]) == ([], 30)


def test_usage_is_sent_only_when_requested(stand_in: StandInControl) -> None:
    streamed = stand_in.http.post(CHAT, json=request(stream=True))
    assert '"usage":{' not in streamed.text


def test_seed_and_prompt_decide_what_it_says(stand_in: StandInControl) -> None:
    first, again, other = [
        said(stand_in.http.post(CHAT, json=request(prompt))) for prompt in ("a", "a", "b")
    ]
    seeded = said(stand_in.http.post(CHAT, json=request("a"), headers={"x-standin-seed": "7"}))
    assert first == again
    assert len({first, other, seeded}) == 3


def test_an_echo_repeats_the_last_message(stand_in: StandInControl) -> None:
    headers = {"x-standin-mode": "echo"}
    prompt = "Who is [EMAIL_1]?"
    assert said(stand_in.http.post(CHAT, json=request(prompt), headers=headers)) == (
        f"[stand-in] {prompt}"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"model": "any"}',
        b'{"model": "any", "messages": []}',
        b'{"model": "any", "messages": ["Hello"]}',
        b'{"model": "any", "messages": [{"role": "user", "content": 7}]}',
        b'{"messages": [{"role": "user", "content": "Hello"}]}',
    ],
)
def test_what_is_no_chat_request_is_refused(stand_in: StandInControl, body: bytes) -> None:
    answer = stand_in.http.post(CHAT, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert stand_in.counts()["received"] == 0


def test_a_header_asks_for_a_fault_of_one_call(stand_in: StandInControl) -> None:
    headers = {"x-standin-status": "429", "x-standin-retry-after-seconds": "7"}
    faulty = stand_in.http.post(CHAT, json=request(), headers=headers)
    assert (faulty.status_code, faulty.headers["retry-after"]) == (429, "7")
    assert stand_in.http.post(CHAT, json=request()).status_code == 200
    wrong = stand_in.http.post(CHAT, json=request(), headers={"x-standin-status": "200"})
    assert wrong.status_code == 400


def test_retry_after_as_a_date(stand_in: StandInControl) -> None:
    stand_in.behave(status=503, retry_after_seconds=60, retry_after_form="date")
    header = stand_in.http.post(CHAT, json=request()).headers["retry-after"]
    seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
    assert 50 < seconds <= 60


def test_the_next_calls_are_changed_one_by_one(stand_in: StandInControl) -> None:
    stand_in.next({"status": 500}, {}, {"status": 401})
    statuses = [stand_in.http.post(CHAT, json=request()).status_code for _ in range(4)]
    assert statuses == [500, 200, 401, 200]
    # An answer is there a moment before it is counted.
    stand_in.wait_for(received=4, refused=2, finished=2)


def test_a_part_of_the_calls_fails_the_same_ones_each_time(stand_in: StandInControl) -> None:
    def statuses() -> list[int]:
        stand_in.reset()
        stand_in.behave(error_rates={"503": 0.3, "429": 0.2})
        return [stand_in.http.post(CHAT, json=request()).status_code for _ in range(100)]

    first = statuses()
    assert first == statuses()
    # What the seed 0 draws.
    assert {status: first.count(status) for status in (200, 503, 429)} == {
        200: 63,
        503: 18,
        429: 19,
    }


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/control", b"{"),
        ("PATCH", "/control", b"[]"),
        ("PATCH", "/control", b'{"speed": 3}'),
        ("PATCH", "/control", b'{"tokens": 0}'),
        ("POST", "/control/next", b'{"status": 503}'),
        ("POST", "/control/next", b'[{"status": 200}]'),
        ("POST", "/control/next", b"7"),
    ],
)
def test_wrong_control_is_refused_and_changes_nothing(
    stand_in: StandInControl, method: str, path: str, body: bytes
) -> None:
    before = stand_in.http.get("/control").json()
    answer = stand_in.http.request(method, path, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert stand_in.http.get("/control").json() == before


def test_it_writes_at_the_set_speed(stand_in: StandInControl) -> None:
    stand_in.behave(tokens_per_second=100, tokens=21, first_token_seconds=0.2)
    answer = stand_in.http.post(CHAT, json=request(stream=True))
    assert answer.elapsed.total_seconds() >= 0.4


@pytest.mark.heavy
def test_failures_at_the_beginning_are_an_option() -> None:
    with (
        running_stand_in("--port", "0", "--fail-next", "2", "--fail-status", "500", *FAST) as url,
        httpx2.Client() as http,
    ):
        statuses = [
            http.post(f"{url}/chat/completions", json=request()).status_code for _ in range(3)
        ]
    assert statuses == [500, 500, 200]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--tokens", "0"], "--tokens: Input should be greater than or equal to 1"),
        (["--error-rates", "many"], "--error-rates: must look like 503=0.1,429=0.05"),
        (["--error-rates", "503=0.9,500=0.2"], "error rates add up to more than 1"),
        (["--mode", "song"], "--mode: Input should be 'text' or 'echo'"),
        (["--port", "70000"], "70000 is not in the range"),
    ],
)
def test_a_wrong_option_is_said_in_one_line(options: list[str], message: str) -> None:
    ran = CliRunner().invoke(llm_standin, options)
    assert ran.exit_code == 2
    assert message in ran.stderr.splitlines()[-1]


@pytest.mark.heavy
def test_it_ends_when_its_parent_is_killed() -> None:
    parent = (
        "from perf.llm_standin.process import running_stand_in\n"
        "with running_stand_in('--port', '0') as url:\n"
        "    print(url, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = int(re.findall(r":(\d+)/v1", process.stdout.readline())[0])
        assert accepts(port)
        process.send_signal(signal.SIGKILL)
        until(lambda: not accepts(port))


def test_a_title_is_of_the_question_alone(stand_in: StandInControl) -> None:
    prompt = title_prompt("How so?", "Like this.")
    messages = [{"role": one.role.value, "content": one.content} for one in prompt]
    answer = stand_in.http.post(CHAT, json=request() | {"messages": messages})
    assert said(answer) == "[stand-in] How so?"
