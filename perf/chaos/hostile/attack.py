"""What an attack is: what it is aimed at, what it knows, and what it is answered."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Serving:
    """How the server is started: with these settings beside the defaults."""

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    needs_redis: bool = False
    needs_key_set: bool = False


AS_IT_COMES = Serving("default settings")
TRUSTED = Serving("trusted mode", {"GRAPHQL_OPERATIONS_MODE": "trusted"})
WITHOUT_INTROSPECTION = Serving("introspection off", {"GRAPHQL_INTROSPECTION": "false"})


@dataclass(frozen=True, slots=True)
class Aim:
    """The server, and the addresses of the loopback and the person that this attack has.

    Each attack has others, so that none finds a budget that one before it has used up.
    """

    port: int
    network: str
    token: str
    key_set_port: int

    def address(self, number: int = 0) -> str:
        """One of 60,000 addresses to ask from."""
        return f"127.{self.network}.{number // 250}.{number % 250 + 1}"


@dataclass(slots=True)
class Tally:
    """How the attack was answered: statuses, close codes, and in words what was none."""

    answers: Counter[str] = field(default_factory=Counter)

    def note(self, answer: object) -> None:
        """Count an answer."""
        self.answers[str(answer)] += 1


Run = Callable[[Aim, Tally], Awaitable[None]]
"""Goes on until it is cancelled."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: the point of the promise that it tries, and what it does in one sentence."""

    name: str
    point: str
    does: str
    run: Run
    serving: Serving = AS_IT_COMES
    waits_to_be_closed: bool = False
    """Whether the server has to end its connections, because the attacker never does."""
