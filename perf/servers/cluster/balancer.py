"""HAProxy with the files of deploy/haproxy: the way to the instances, and to what they store in."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from perf.servers.cluster.programs import LIBRARIES
from perf.servers.cluster.service import Service, listens
from perf.servers.cluster.site import Site

_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)-[a-z0-9-]+:\d+\}")
_NOWHERE = "127.0.0.1:1"


def balancer(site: Site, program: str, *, places: Mapping[str, int], retries: int) -> Service:
    """HAProxy that listens and leads where `places` says, by the variables of its files."""
    files = [site.deploy / "haproxy" / name for name in ("haproxy.cfg", "stores.cfg")]
    given = {name: f"127.0.0.1:{port}" for name, port in places.items()}
    return Service(
        site.own_folder("haproxy"),
        site.guard,
        "haproxy",
        [program, "-db", *(word for file in files for word in ("-f", str(file)))],
        is_ready=listens(places["PUBLIC"]),
        environment=nowhere(files)
        | given
        | {"LD_LIBRARY_PATH": LIBRARIES, "RETRIES": str(retries)},
    )


def nowhere(files: Iterable[Path]) -> dict[str, str]:
    """Places where nobody listens for all that the files name: names are looked for elsewhere."""
    return dict.fromkeys(
        (name for file in files for name in _VARIABLE.findall(file.read_text())), _NOWHERE
    )
