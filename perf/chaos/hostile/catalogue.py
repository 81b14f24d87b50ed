"""All attacks."""

from perf.chaos.hostile.attack import Attack
from perf.chaos.hostile.attacks import elsewhere as dependencies
from perf.chaos.hostile.attacks import errors as many_errors
from perf.chaos.hostile.attacks import halves as unfinished_requests
from perf.chaos.hostile.attacks import paths as odd_requests
from perf.chaos.hostile.attacks import preparing as new_documents
from perf.chaos.hostile.attacks import shapes as expensive_documents
from perf.chaos.hostile.attacks import sockets as websockets

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
