"""Where a cluster is: its folder, its guard, and what was started last and is stopped first."""

import os
import pwd
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from perf.servers.cluster.guard import Guard, guarded
from perf.servers.cluster.service import Service

DEPLOY = Path(__file__).parents[3] / "deploy"


class Site:
    """Starts services, and stops them in the other order when it is left."""

    def __init__(self, folder: Path, guard: Guard, stack: ExitStack) -> None:
        self.folder = folder
        self.deploy = folder / "deploy"
        self.guard = guard
        self.services: dict[str, Service] = {}
        self._stack = stack

    def own_folder(self, name: str, user: str | None = None) -> Path:
        """A folder of a service's own, which the user that it runs as may write."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        if user is not None:
            owner = pwd.getpwnam(user)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        return folder

    def run(self, *services: Service) -> None:
        """Start them together, and wait until all are ready; raises `ServiceFailed`."""
        for service in services:
            self._stack.callback(service.end)
            self.services[service.name] = service
            service.begin()
        for service in services:
            service.wait()


@contextmanager
def open_site(folder: Path) -> Iterator[Site]:
    """Have a site in an empty folder until the block is left."""
    # PostgreSQL and PgBouncer may run as another user than this.
    folder.chmod(0o755)
    shutil.copytree(DEPLOY, folder / "deploy")
    with guarded() as guard, ExitStack() as stack:
        yield Site(folder, guard, stack)
