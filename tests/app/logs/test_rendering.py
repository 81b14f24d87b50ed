"""What operators read: one line an event, with the traceback of what broke, and nothing of rows."""

import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

pytestmark = pytest.mark.heavy

PROGRAM = """
import structlog
from app.logs import configure_logs

configure_logs(is_json=True)
log = structlog.get_logger("guidance.test")
log.debug("unseen")
log.info("seen", number=1, path={1})
try:
    raise ValueError("what broke\\nDETAIL: Failing row contains (a secret)")
except ValueError as error:
    log.error("broke", request_id="r", exc_info=error)
"""


def test_an_event_is_a_line_of_json() -> None:
    written = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True)
    seen, broke = map(orjson.loads, written.stderr.splitlines())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", seen.pop("timestamp"))
    assert seen == {"event": "seen", "level": "info", "number": 1, "path": "{1}"}
    assert (broke["event"], broke["level"], broke["request_id"]) == ("broke", "error", "r")
    assert broke["exception"].endswith("ValueError: what broke")
    assert "secret" not in broke["exception"]


def test_the_line_of_a_request_is_whole_where_the_reader_is_slow() -> None:
    program = "from app.logs import configure_logs, log_request\n"
    program += "configure_logs(is_json=True)\nlog_request({'path': '/' * 1_000_000})\n"
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) as writer:
        assert writer.stderr is not None
        line = writer.stderr.read()
    assert (orjson.loads(line)["path"], line[-1:]) == ("/" * 1_000_000, b"\n")


HOSTILE = """
import structlog
from app.logs import configure_logs, log_request

class Breaks:
    def __str__(self):
        raise RuntimeError("not to be shown")

    __repr__ = __str__

class Failed(Exception):
    def __str__(self):
        raise RuntimeError("not to be shown")

configure_logs(is_json={is_json})
log = structlog.get_logger("guidance.test")
log.warning("hostile", number=10**30, text="\\ud800é", value=Breaks())
log_request({{"path": "\\udfff", "status": 10**40}})
log.error("failed", exc_info=Failed())
"""


def test_an_event_that_cannot_be_shown_is_shown_otherwise() -> None:
    program = [sys.executable, "-c", HOSTILE.format(is_json=True)]
    written = subprocess.run(program, capture_output=True, check=True)
    hostile, request, failed = map(orjson.loads, written.stderr.splitlines())
    assert (hostile["number"], hostile["text"]) == (f"1{'0' * 30}", "'\\ud800\\xe9'")
    assert (hostile["value"], hostile["level"]) == ("<Breaks>", "warning")
    assert (request["event"], request["path"]) == ("request", "'\\udfff'")
    assert (failed["event"], failed["level"]) == ("failed", "error")
    assert failed["exception"] == "Failed: <Failed>"


def test_an_event_that_cannot_be_shown_on_a_terminal_is_shown_otherwise() -> None:
    program = [sys.executable, "-c", HOSTILE.format(is_json=False)]
    written = subprocess.run(program, capture_output=True, check=True)
    hostile, request, failed, *_ = written.stderr.splitlines()
    assert b"<Breaks>" in hostile
    assert b"status" in request
    assert b"failed" in failed


@pytest.mark.parametrize("is_json", [True, False])
def test_a_line_that_cannot_be_encoded_is_lost_alone(is_json: bool) -> None:
    program = "import sys\nfrom app.logs import configure_logs, log_request\nimport structlog\n"
    program += f"configure_logs(is_json={is_json})\nlog_request({{'path': '/'}})\n"
    program += "structlog.get_logger().warning('lost')\n"
    program += "sys.stderr.close()\nlog_request({'path': '/'})\nprint('went on')"
    with Path("/dev/full").open("wb") as full:
        written = subprocess.run(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=full, check=True
        )
    assert written.stdout == b"went on\n"


@pytest.mark.parametrize("is_json", [True, False])
def test_an_event_without_processors_is_lost_alone(is_json: bool) -> None:
    """As they are for a moment while they are exchanged, which structlog does in two steps."""
    program = "import structlog\nfrom app.logs import configure_logs\n"
    program += f"configure_logs(is_json={is_json})\nlog = structlog.get_logger()\n"
    program += "structlog.get_config()['processors'].clear()\nlog.warning('lost', number=1)"
    written = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, check=True)
    assert written.stderr == b""


REQUESTS = """
import asyncio, os, sys, time
from app.logs import configure_logs, log_request

configure_logs(is_json=True)

async def serve() -> None:
    for number in range(3):
        log_request({"number": number, "odd": {number}})
        await asyncio.sleep(0.01)
    sys.stdout.write("before\\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    for number in range(3, 1_503):
        log_request({"number": number})
    log_request({"number": "last"})

asyncio.run(serve())
"""


def test_lines_of_requests_are_flushed_together_each_with_its_time() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", REQUESTS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stderr is not None
        assert server.stdout.readline() == b"before\n"
        first = [orjson.loads(server.stderr.readline()) for _ in range(3)]
        server.stdin.write(b"go on\n")
        server.stdin.close()
        others = [orjson.loads(line) for line in server.stderr]
    assert [one["number"] for one in first] == [0, 1, 2]
    assert {(one["event"], one["level"]) for one in (*first, *others)} == {("request", "info")}
    assert first[0]["odd"] == "{0}"
    assert len({one["timestamp"] for one in first}) == 3
    assert all(one["timestamp"].endswith("Z") for one in others)
    assert [one["number"] for one in others] == [*range(3, 1_503), "last"], (
        "none is lost at the end"
    )
