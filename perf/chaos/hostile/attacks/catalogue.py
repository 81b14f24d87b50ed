"""All attacks."""

from perf.chaos.hostile.attack import Attack
from perf.chaos.hostile.attacks import (
    dependencies,
    expensive_documents,
    many_errors,
    new_documents,
    odd_requests,
    unfinished_requests,
    websockets,
)

ATTACKS: tuple[Attack, ...] = tuple(
    sorted(
        (
            *many_errors.ATTACKS,
            *expensive_documents.ATTACKS,
            *new_documents.ATTACKS,
            *websockets.ATTACKS,
            *odd_requests.ATTACKS,
            *unfinished_requests.ATTACKS,
            *dependencies.ATTACKS,
        ),
        key=lambda attack: float(attack.point),
    )
)


def attack_named(name: str) -> Attack:
    """The attack with this name; raises `StopIteration` if there is none."""
    return next(attack for attack in ATTACKS if attack.name == name)
