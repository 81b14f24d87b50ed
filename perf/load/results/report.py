"""The model of a load test's report, as it is written to a file."""

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

from perf.servers.host import Host
from perf.statistics.verdicts import Verdict

VERSION: Literal[2] = 2
KIND: Literal["guidance load test"] = "guidance load test"
_LONGEST_US = 3_600_000_000
Microseconds = Annotated[int, Field(ge=0, le=_LONGEST_US)]
"""A latency of at most an hour."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Interval(_Part):
    """A percentile in milliseconds with its 95% confidence interval."""

    value: NonNegativeFloat
    low: NonNegativeFloat | None
    high: NonNegativeFloat | None


class Target(_Part):
    """A limit, what was measured, and the verdict.

    `bad` of `samples` requests were beyond the limit; a PASS needs at least `needed` samples.
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
    """How often a repository method ran, and how long it took.

    Other parts of requests are reported in the same shape, by `kind name` and without calls: how
    often they occurred in traced requests, and their own seconds.
    """

    calls: NonNegativeFloat
    rows: NonNegativeFloat
    errors: NonNegativeFloat
    wait_seconds: NonNegativeFloat
    database_seconds: NonNegativeFloat
    traced_times: NonNegativeFloat = 0.0
    traced_seconds: NonNegativeFloat = 0.0


class OperationResult(_Part):
    """One operation; percentiles and latencies are those of requests that were not refused.

    `alone` is the use of the database by one request while nothing else runs. An operation that is
    `swept` was sent by itself, one request after another, and is not part of the mix. `agreed` are
    the counts in its budget, if the server is of this version.
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


class StageResult(_Part):
    """A stage of the run, over all operations that do not wait for the model."""

    seconds: NonNegativeFloat
    requests: NonNegativeInt
    p50: Interval | None
    p95: Interval | None
    p99: Interval | None


class Silence(_Part):
    """A period in which several requests waited and none was answered."""

    begins_at: NonNegativeFloat
    seconds: NonNegativeFloat
    waiting: NonNegativeInt


class Generator(_Part):
    """Whether requests were sent as planned; `late_p99_ms` is how late they were sent.

    If the generator could not keep up, limits missed by less than twice that are not held against
    the server. Fewer requests are sent than planned if the run is interrupted.
    """

    sent: NonNegativeInt
    planned: NonNegativeInt | None = None
    most_in_flight: NonNegativeInt
    late_p99_ms: NonNegativeFloat
    kept_up: bool


class Counts(_Part):
    """What the server counted during the run, from its /metrics."""

    statements: NonNegativeInt
    cache_hits: NonNegativeInt
    cache_misses: NonNegativeInt
    model_attempts: NonNegativeInt
    retries: NonNegativeInt
    methods: dict[str, MethodUse]


class MemoryGrowth(_Part):
    """The server's memory at the end, and its growth for each request with an interval."""

    resident_bytes: NonNegativeInt
    request_bytes: float
    low: float
    high: float


class MachineLoad(_Part):
    """Busy and stolen shares of all cores, and the load average."""

    busy_share: float
    stolen_share: float
    load: NonNegativeFloat


class ResourceUse(_Part):
    """Processor milliseconds of a request, and memory; None where unknown."""

    server_cpu_ms: float | None
    database_cpu_ms: float | None
    memory: MemoryGrowth | None
    machine: MachineLoad | None


class LoadReport(_Part):
    """Everything about one run.

    `not_counted` is why there are no counts, and `left_out` why documents were skipped. From the
    second `unanswered_from` on, no request was answered.
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
    operations: dict[str, OperationResult]
    stages: dict[str, StageResult]
    silences: tuple[Silence, ...]
    targets: tuple[Target, ...]
    counts: Counts | None
    not_counted: str = ""
    left_out: dict[str, str] = {}
    spent: ResourceUse | None = None
    unanswered_from: float | None = None
    verdict: Verdict

    def write(self, path: Path) -> None:
        """Write the file atomically."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.unfinished")
        unfinished.write_text(self.model_dump_json(indent=1) + "\n")
        unfinished.replace(path)
