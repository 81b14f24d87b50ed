"""The report of a run, as it is written to a file and read again."""

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from perf.load.host import Host
from perf.statistics.verdicts import Verdict

VERSION: Literal[1] = 1
_KIND: Literal["guidance load test"] = "guidance load test"


class ReportUnreadable(Exception):
    """A file is no report of this version; the message names it and says what is wrong."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Interval(_Part):
    """A percentile in milliseconds, and between which it is with 95% confidence."""

    value: float
    low: float | None
    high: float | None


class Target(_Part):
    """Something that is wanted, what was measured, and what can be said of it.

    `bad` of `samples` requests were on the wrong side; a PASS needs `needed` samples at least.
    """

    name: str
    limit: float
    unit: str
    measured: float | None
    bad: int
    samples: int
    needed: int
    verdict: Verdict


class MethodUse(_Part):
    """What a repository method did: how often, and in how many seconds.

    Other parts of requests are told in the same way, by `kind name` and without calls: how often
    they came in requests that were traced, and the seconds that were their own.
    """

    calls: float
    rows: float
    errors: float
    wait_seconds: float
    database_seconds: float
    traced_times: float = 0.0
    traced_seconds: float = 0.0


class Operation(_Part):
    """One operation of the mix; percentiles, samples and histogram are of what was answered.

    `alone` is what one request asks of the database when nothing else runs.
    """

    requests: int
    is_read: bool
    p50: Interval | None
    p95: Interval | None
    p99: Interval | None
    errors: dict[str, int]
    protected: dict[str, int]
    targets: tuple[Target, ...]
    latencies_us: tuple[int, ...]
    alone: dict[str, MethodUse]


class Stage(_Part):
    """A part of the run, over all operations that do not wait for the model."""

    seconds: float
    requests: int
    p50: Interval | None
    p95: Interval | None
    p99: Interval | None


class Silence(_Part):
    """A time in which the server answered nobody although several waited."""

    begins_at: float
    seconds: float
    waiting: int


class Generator(_Part):
    """Whether the run was as planned: `late` is by how many milliseconds requests were sent late.

    Where the generator could not keep up, a limit that is missed by less than twice that is not
    held against the server.
    """

    sent: int
    most_in_flight: int
    late_p99_ms: float
    kept_up: bool


class Counts(_Part):
    """What the server itself counted during the run; None where its /metrics cannot be read."""

    statements: int
    cache_hits: int
    cache_misses: int
    model_attempts: int
    retries: int
    methods: dict[str, MethodUse]


class LoadReport(_Part):
    """Everything about one run."""

    kind: Literal["guidance load test"] = _KIND
    version: Literal[1] = VERSION
    commit: str
    started_at: datetime
    profile: str
    seed: int
    seconds: float
    host: Host
    data: str
    model: str
    mix: dict[str, int]
    generator: Generator
    operations: dict[str, Operation]
    stages: dict[str, Stage]
    silences: tuple[Silence, ...]
    targets: tuple[Target, ...]
    counts: Counts | None
    verdict: Verdict

    def write(self, path: Path) -> None:
        """Write the file, all of it or nothing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.unfinished")
        unfinished.write_text(self.model_dump_json(indent=1) + "\n")
        unfinished.replace(path)


def read_report(path: Path) -> LoadReport:
    """Read a report; raises `ReportUnreadable` in one line."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ReportUnreadable(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    if not text.strip():
        raise ReportUnreadable(f"{path}: is empty")
    try:
        return LoadReport.model_validate_json(text)
    except ValidationError as error:
        raise ReportUnreadable(f"{path}: {_reason(text, error)}") from None


def _reason(text: bytes, error: ValidationError) -> str:
    """Why a file is no report, the version first: an older one lacks what it did not have."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return "is not JSON"
    found = _header(text)
    if found.get("kind") != _KIND:
        return "is not a report of `guidance perf run`"
    if found.get("version") != VERSION:
        return f"is a report of version {found.get('version')}, and this reads version {VERSION}"
    place = ".".join(map(str, first["loc"]))
    return f"is damaged at {place}: {first['msg'].lower()}"


# Any: JSON.
def _header(text: bytes) -> dict[str, Any]:
    loaded = orjson.loads(text)
    return loaded if isinstance(loaded, dict) else {}
