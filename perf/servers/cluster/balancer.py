"""HAProxy with the files of deploy/haproxy: the way to the instances, and to what they store in."""

import re
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

from perf.servers.cluster.programs import LIBRARIES
from perf.servers.cluster.service import Service, listens
from perf.servers.cluster.site import Site

_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)-[a-z0-9-]+:\d+\}")
_NOWHERE = "127.0.0.1:1"
_COMMANDS = "BALANCER_COMMANDS"


def balancer(site: Site, program: str, *, places: Mapping[str, int], retries: int) -> Service:
    """HAProxy that listens and leads where `places` says, by the variables of its files."""
    folder = site.own_folder("haproxy")
    files = [site.deploy / "haproxy" / name for name in ("haproxy.cfg", "stores.cfg")]
    commands = folder / "commands.cfg"
    address = f"ipv4@127.0.0.1:{places[_COMMANDS]}"
    commands.write_text(f"global\n  stats socket {address} level admin\n")
    given = {name: f"127.0.0.1:{port}" for name, port in places.items()}
    return Service(
        folder,
        site.guard,
        "haproxy",
        [program, "-db", *(word for file in (*files, commands) for word in ("-f", str(file)))],
        is_ready=listens(places["PUBLIC"]),
        environment=nowhere(files)
        | given
        | {"LD_LIBRARY_PATH": LIBRARIES, "RETRIES": str(retries)},
    )


def lead_to(places: Mapping[str, int], instance: str, *, is_open: bool) -> None:
    """Let the running HAProxy lead to an instance, or send it nothing new any more."""
    with socket.create_connection(("127.0.0.1", places[_COMMANDS])) as commands:
        state = "ready" if is_open else "drain"
        commands.sendall(f"set server instances/{instance} state {state}\n".encode())
        commands.recv(1_024)


def nowhere(files: Iterable[Path]) -> dict[str, str]:
    """Places where nobody listens for all that the files name: names are looked for elsewhere."""
    return dict.fromkeys(
        (name for file in files for name in _VARIABLE.findall(file.read_text())), _NOWHERE
    )
