"""HAProxy and nginx by their examples, before servers on the loopback."""

import os
import re
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from perf.servers.cluster.balancer import nowhere
from perf.servers.cluster.programs import LIBRARIES
from perf.servers.cluster.service import free_ports, listens
from tests.deploy.dockerfile import DEPLOY
from tests.fixtures.outside.tls import certificate
from tests.fixtures.run.tools import tool
from tests.waiting import until

_AROUND = """
daemon off;
pid nginx.pid;
events {}
http {
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  access_log off;
  include guidance.conf;
}
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where a proxy listens, and whom it is to be believed by."""

    url: str
    tls: ssl.SSLContext | None


@contextmanager
def haproxy(ports: Sequence[int], _folder: Path) -> Iterator[Proxy]:
    """HAProxy before servers at up to three ports, which it has found ready."""
    file = DEPLOY / "haproxy" / "haproxy.cfg"
    (public,) = free_ports(1)
    places = {f"INSTANCE_{number}": f"127.0.0.1:{port}" for number, port in enumerate(ports, 1)}
    environment = nowhere([file]) | places | {"PUBLIC": f"127.0.0.1:{public}"}
    with _running([tool("haproxy"), "-db", "-f", str(file)], public, environment):
        yield Proxy(f"http://127.0.0.1:{public}", None)


@contextmanager
def nginx(ports: Sequence[int], folder: Path) -> Iterator[Proxy]:
    """The program nginx before servers at two ports, or twice at one."""
    (public,) = free_ports(1)
    authority = nginx_files(DEPLOY / "nginx" / "guidance.conf", folder, public, ports)
    command = [tool("nginx"), "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]
    with _running(command, public, {}):
        yield Proxy(
            f"https://127.0.0.1:{public}", ssl.create_default_context(cafile=str(authority))
        )


def nginx_files(source: Path, folder: Path, public: int, ports: Sequence[int]) -> Path:
    """Lay what nginx reads into the folder, on these ports; gives the certificate."""
    authority, key = certificate(folder)
    key.rename(folder / "certificate-key.pem")
    text, count = re.subn(r"listen 8443", f"listen 127.0.0.1:{public}", source.read_text())
    assert count == 1
    servers = iter((*ports, *ports))
    (folder / source.name).write_text(
        re.sub(r"127\.0\.0\.1:800[01]", lambda _: f"127.0.0.1:{next(servers)}", text)
    )
    # Started by root, its workers would be nobody, to whom the folder is closed.
    owner = "user root root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(owner + _AROUND)
    return authority


@contextmanager
def _running(command: Sequence[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(
        command, env=os.environ | {"LD_LIBRARY_PATH": LIBRARIES} | environment
    )
    try:
        until(listens(port))
        yield
    finally:
        process.terminate()
        process.wait()
