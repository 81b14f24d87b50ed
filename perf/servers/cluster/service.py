"""One process of the cluster: started, stopped, killed, and started again."""

import os
import pwd
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from perf.servers.cluster.guard import Guard

_PATIENCE_SECONDS = 60.0
_STOP_SECONDS = 60.0
_LOOK_SECONDS = 0.02


class ServiceFailed(Exception):
    """It ended, or was not ready in time; the message has the last line that it wrote."""


class Service:
    """A program, run in its folder, with a log there."""

    def __init__(
        self,
        folder: Path,
        guard: Guard,
        name: str,
        command: Sequence[str],
        *,
        is_ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
        last_signal: signal.Signals | None = None,
    ) -> None:
        """`last_signal` ends it when everything ends; by default the one that always does."""
        self.name = name
        self._last_signal = last_signal
        self.log = folder / f"{name}.log"
        self._command = command
        self._folder = folder
        self._guard = guard
        self._is_ready = is_ready
        self._environment = environment or {}
        self.user = user
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The number of the process; None while it does not run."""
        return None if self._process is None else self._process.pid

    @contextmanager
    def running_as(self, launcher: Sequence[str], environment: Mapping[str, str]) -> Iterator[None]:
        """Within the block, start it by another launcher in place of its own program."""
        command, own = self._command, self._environment
        self._command = (*launcher, *command[1:])
        self._environment = {**own, **environment}
        try:
            yield
        finally:
            self._command, self._environment = command, own

    def start(self) -> None:
        """Start it and wait until it is ready; raises `ServiceFailed`."""
        self.begin()
        self.wait()

    def begin(self) -> None:
        """Start it without waiting."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=os.environ | self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # What is pressed at the keyboard is for the one that started it, who stops it.
                start_new_session=True,
                user=self.user,
                group=None if self.user is None else pwd.getpwnam(self.user).pw_gid,
                extra_groups=None if self.user is None else (),
            )
        self._guard.watch(self._process.pid)

    def wait(self) -> None:
        """Wait until it is ready; raises `ServiceFailed`."""

        def is_ready() -> bool:
            if self._process is None or self._process.poll() is not None:
                raise ServiceFailed(f"{self.name} ended: {self._last_line()}")
            return self._is_ready()

        wait_for(is_ready, f"{self.name} is not ready: see {self.log}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, and wait until it has; one that takes longer than a minute is killed."""
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def end(self) -> None:
        """Stop it for good, when nobody asks any more."""
        if self._last_signal is None:
            self.stop()
        else:
            self.stop(self._last_signal)

    def kill(self) -> None:
        """End it without a warning (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _last_line(self) -> str:
        lines = self.log.read_text(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it wrote nothing")


def wait_for(condition: Callable[[], bool], otherwise: str) -> None:
    """Wait for a condition; raises `ServiceFailed` after a minute."""
    deadline = monotonic() + _PATIENCE_SECONDS
    while not condition():
        if monotonic() > deadline:
            raise ServiceFailed(otherwise)
        sleep(_LOOK_SECONDS)


def listens(port: int) -> Callable[[], bool]:
    """Whether a port of the loopback is listened on."""

    def does() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return does


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listens on, each another."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
