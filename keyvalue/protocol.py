"""What the users of Redis see of it, whether it is one server or a cluster."""

from collections.abc import Coroutine, Sequence
from hashlib import sha1
from typing import Protocol, TypeVar

from keyvalue.clock import ServerClock
from keyvalue.connection import Argument, Command, Reply

K = TypeVar("K", str, bytes)


class Script:
    """A Lua script, which Redis identifies by the SHA-1 of its text."""

    __slots__ = ("digest", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = sha1(text.encode(), usedforsecurity=False).hexdigest()


class KeyValue(Protocol):
    """Runs commands in Redis; each raises `KeyValueError` and has a key.

    The keys of one command or script are of one group of `together`.
    """

    @property
    def is_available(self) -> bool:
        """Whether commands are sent now."""
        ...

    async def run(self, *command: Argument) -> Reply:
        """Run a command and return its answer."""
        ...

    def run_all(self, commands: Sequence[Command]) -> Coroutine[object, None, list[Reply]]:
        """Run commands in one round trip to each server; an answer may be a `CommandRefused`."""
        ...

    async def run_script(
        self, script: Script, keys: Sequence[str | bytes], arguments: Sequence[Argument]
    ) -> Reply:
        """Run a script and return its answer."""
        ...

    async def run_blocking(self, *command: Argument, block_seconds: float, lane: int = 0) -> Reply:
        """Like `run`, for a command that blocks up to `block_seconds`; one at a time in a lane.

        Each lane has a connection of its own.
        """
        ...

    def together(self, keys: Sequence[K]) -> Sequence[Sequence[K]]:
        """The keys in groups of those that one command may have."""
        ...

    def lane_of(self, key: str | bytes) -> int:
        """The lane for blocking commands with this key, and with others of the same lane."""
        ...

    def clock_of(self, key: str | bytes) -> ServerClock:
        """The clock of the server that has the key; raises `KeyValueUnavailable`."""
        ...

    async def synchronize(self) -> None:
        """Set the clock of each server anew: timestamps from before are not trusted."""
        ...

    async def ping(self) -> None:
        """Ask each server for any answer."""
        ...
