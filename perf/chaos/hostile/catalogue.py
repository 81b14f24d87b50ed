"""Every attack by its name."""

from perf.chaos.hostile.attack import Attack
from perf.chaos.hostile.attacks import (
    elsewhere,
    errors,
    halves,
    paths,
    preparing,
    shapes,
    sockets,
)

ATTACKS: tuple[Attack, ...] = tuple(
    sorted(
        (
            *errors.ATTACKS,
            *shapes.ATTACKS,
            *preparing.ATTACKS,
            *sockets.ATTACKS,
            *paths.ATTACKS,
            *halves.ATTACKS,
            *elsewhere.ATTACKS,
        ),
        key=lambda attack: float(attack.point),
    )
)


def attack_named(name: str) -> Attack:
    """The attack of that name; raises `StopIteration` where there is none."""
    return next(attack for attack in ATTACKS if attack.name == name)
