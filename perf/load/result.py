"""The report of a run, as it is written to a file."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
)

from perf.load.host import Host
from perf.statistics.verdicts import Verdict

VERSION: Literal[2] = 2
KIND: Literal["guidance load test"] = "guidance load test"
_LONGEST_US = 3_600_000_000
Microseconds = Annotated[int, Field(ge=0, le=_LONGEST_US)]
"""A latency: not below zero, and not beyond an hour, for which nobody waits."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Interval(_Part):
    """A percentile in milliseconds, and between which it is with 95% confidence."""

    value: NonNegativeFloat
    low: NonNegativeFloat | None
    high: NonNegativeFloat | None


class Target(_Part):
    """Something that is wanted, what was measured, and what can be said of it.

    `bad` of `samples` requests were on the wrong side; a PASS needs `needed` samples at least.
    """

    name: str
    limit: PositiveFloat
    unit: str
    measured: NonNegativeFloat | None
    bad: NonNegativeInt
    samples: NonNegativeInt
    needed: NonNegativeInt
    verdict: Verdict


class MethodUse(_Part):
    """What a repository method did: how often, and in how many seconds.

    Other parts of requests are told in the same way, by `kind name` and without calls: how often
    they came in requests that were traced, and the seconds that were their own.
    """

    calls: NonNegativeFloat
    rows: NonNegativeFloat
    errors: NonNegativeFloat
    wait_seconds: NonNegativeFloat
    database_seconds: NonNegativeFloat
    traced_times: NonNegativeFloat = 0.0
    traced_seconds: NonNegativeFloat = 0.0


class Operation(_Part):
    """One operation of the mix; percentiles, samples and histogram are of what was answered.

    `alone` is what one request asks of the database when nothing else runs. What is `swept` was
    asked by itself, one request after another, and is no part of the mix. `agreed` is what its
    budget has that does not move with the machine, where the server is of this version.
    """

    requests: NonNegativeInt
    is_read: bool
    p50: Interval | None
    p95: Interval | None
    p99: Interval | None
    errors: dict[str, NonNegativeInt]
    protected: dict[str, NonNegativeInt]
    targets: tuple[Target, ...]
    latencies_us: tuple[Microseconds, ...]
    alone: dict[str, MethodUse]
    swept: bool = False
    agreed: dict[str, NonNegativeFloat] = {}


class Stage(_Part):
    """A part of the run, over all operations that do not wait for the model."""

    seconds: NonNegativeFloat
    requests: NonNegativeInt
    p50: Interval | None
    p95: Interval | None
    p99: Interval | None


class Silence(_Part):
    """A time in which the server answered nobody although several waited."""

    begins_at: NonNegativeFloat
    seconds: NonNegativeFloat
    waiting: NonNegativeInt


class Generator(_Part):
    """Whether the run was as planned: `late` is by how many milliseconds requests were sent late.

    Where the generator could not keep up, a limit that is missed by less than twice that is not
    held against the server. Fewer are sent than planned where the run was interrupted.
    """

    sent: NonNegativeInt
    planned: NonNegativeInt | None = None
    most_in_flight: NonNegativeInt
    late_p99_ms: NonNegativeFloat
    kept_up: bool


class Counts(_Part):
    """What the server itself counted during the run; None where its /metrics cannot be read."""

    statements: NonNegativeInt
    cache_hits: NonNegativeInt
    cache_misses: NonNegativeInt
    model_attempts: NonNegativeInt
    retries: NonNegativeInt
    methods: dict[str, MethodUse]


class KeptMemory(_Part):
    """The memory of the server at the end, and what it kept of each request, with its interval."""

    resident_bytes: NonNegativeInt
    request_bytes: float
    low: float
    high: float


class Machine(_Part):
    """How busy all cores were, how much of their time was given to others, and the load."""

    busy_share: float
    stolen_share: float
    load: NonNegativeFloat


class Spent(_Part):
    """Processor time of a request, in milliseconds, and memory; None where that is not known."""

    server_cpu_ms: float | None
    database_cpu_ms: float | None
    memory: KeptMemory | None
    machine: Machine | None


class LoadReport(_Part):
    """Everything about one run.

    `not_counted` is why there are no counts, `left_out` which documents were not asked, and why.
    From the second `unanswered_from` on nobody was answered any more.
    """

    kind: Literal["guidance load test"] = KIND
    version: Literal[2] = VERSION
    commit: str
    started_at: AwareDatetime
    profile: str
    seed: int
    seconds: PositiveFloat
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
    not_counted: str = ""
    left_out: dict[str, str] = {}
    spent: Spent | None = None
    unanswered_from: float | None = None
    verdict: Verdict

    def write(self, path: Path) -> None:
        """Write the file, all of it or nothing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.unfinished")
        unfinished.write_text(self.model_dump_json(indent=1) + "\n")
        unfinished.replace(path)
