"""Load profiles: each warms up, ramps up, holds a plateau, and ends with a spike."""

from collections.abc import Iterator
from dataclasses import dataclass

from perf.dataset.bench.tables import LOAD_TEST_SIZES, BenchSizes

WARM_UP, RAMP_UP, PLATEAU, SPIKE = "warm-up", "ramp-up", "plateau", "spike"
_GENTLE, _SPIKE_FACTOR = 0.25, 2
_LITTLE = BenchSizes(
    users=200,
    conversations_per_user=5,
    users_with_messages=120,
    exchanges_per_conversation=2,
    accounts=1,
    usage_days=5,
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A period in which the rate (requests per second) changes linearly."""

    name: str
    seconds: float
    begins_at: float
    ends_at: float


@dataclass(frozen=True, slots=True)
class Profile:
    """The plateau's rate, the seconds of each stage, and the sweep's samples of each document.

    The ramp-up starts at a quarter of the rate, and the spike is twice the rate. A p99 can only
    PASS with 299 samples or more.
    """

    name: str
    rate: float
    warm_up: float
    ramp_up: float
    plateau: float
    spike: float
    swept: int = 300
    sizes: BenchSizes = LOAD_TEST_SIZES

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages in order; samples of the warm-up are discarded."""
        low, rate, high = self.rate * _GENTLE, self.rate, self.rate * _SPIKE_FACTOR
        return (
            Stage(WARM_UP, self.warm_up, low, low),
            Stage(RAMP_UP, self.ramp_up, low, rate),
            Stage(PLATEAU, self.plateau, rate, rate),
            Stage(SPIKE, self.spike, high, high),
        )

    @property
    def seconds(self) -> float:
        """The duration of the whole run."""
        return sum(stage.seconds for stage in self.stages)


def _profiles() -> Iterator[Profile]:
    # Checks that everything works; too short to say much about speed.
    yield Profile(
        "brief", rate=30, warm_up=1, ramp_up=1, plateau=3, spike=1, swept=3, sizes=_LITTLE
    )
    yield Profile("smoke", rate=20, warm_up=4, ramp_up=10, plateau=36, spike=14)
    yield Profile("nominal", rate=40, warm_up=15, ramp_up=45, plateau=300, spike=30)
    yield Profile("stress", rate=120, warm_up=15, ramp_up=60, plateau=300, spike=60)


PROFILES = {profile.name: profile for profile in _profiles()}
