"""What an attack is: its target, its server settings, and the answers it gets."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The settings, besides the defaults, with which the server under attack is started."""

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    needs_redis: bool = False
    needs_key_set: bool = False


DEFAULT_SETTINGS = ServerSettings("default settings")
TRUSTED = ServerSettings("trusted mode", {"GRAPHQL_OPERATIONS_MODE": "trusted"})
WITHOUT_INTROSPECTION = ServerSettings("introspection off", {"GRAPHQL_INTROSPECTION": "false"})


@dataclass(frozen=True, slots=True)
class AttackTarget:
    """The server, and the token and loopback addresses that belong to one attack.

    Each attack has its own, so that none starts with a budget that another has exhausted.
    """

    port: int
    network: str
    token: str
    key_set_port: int

    def address(self, number: int = 0) -> str:
        """One of 60,000 addresses to connect from."""
        return f"127.{self.network}.{number // 250}.{number % 250 + 1}"


@dataclass(slots=True)
class Tally:
    """Counts of the answers to an attack: statuses, close codes, or a description."""

    answers: Counter[str] = field(default_factory=Counter)

    def note(self, answer: object) -> None:
        """Count an answer."""
        self.answers[str(answer)] += 1


Run = Callable[[AttackTarget, Tally], Awaitable[None]]
"""An attack in progress; it goes on until cancelled."""


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack, the point of the security promise that it tests, and a one-line description."""

    name: str
    point: str
    description: str
    run: Run
    settings: ServerSettings = DEFAULT_SETTINGS
    server_must_close: bool = False
    """Whether the server must close its connections, because the attacker never does."""
