"""Every file of deploy/ is checked by the program that reads it, or against its schema."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from pglast import parse_sql

from perf.servers.cluster.balancer import nowhere
from perf.servers.cluster.programs import LIBRARIES, TOOLS
from perf.servers.cluster.service import free_ports
from tests.deploy.dockerfile import DEPLOY, ROOT
from tests.deploy.proxies import nginx_files
from tests.fixtures.run.tools import tool

pytestmark = pytest.mark.heavy

FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and path.name != ".env")
_PYTHONS = Path(sys.executable).parent


def _accepts(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        command,
        env=os.environ | {"LD_LIBRARY_PATH": LIBRARIES} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def _is_a_docker_file(path: Path, _folder: Path) -> None:
    _accepts(_PYTHONS / "hadolint", path)


def _is_a_compose_file(path: Path, _folder: Path) -> None:
    _accepts(_PYTHONS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", path)


def _is_of_kubernetes(path: Path, _folder: Path) -> None:
    _accepts(_PYTHONS / "kubernetes-validate", "--strict", path)


def _names_files_that_exist(path: Path, _folder: Path) -> None:
    """Kustomize has no schema of its own."""
    resources = yaml.safe_load(path.read_text())["resources"]
    assert resources
    assert [name for name in resources if not (path.parent / name).is_file()] == []


def _is_read_by_haproxy(path: Path, _folder: Path) -> None:
    main = DEPLOY / "haproxy" / "haproxy.cfg"
    files = {main, path}
    _accepts(
        tool("haproxy"), "-c", *(word for one in files for word in ("-f", one)), **nowhere(files)
    )


def _is_read_by_nginx(path: Path, folder: Path) -> None:
    (port,) = free_ports(1)
    nginx_files(path, folder, port, [port])
    _accepts(tool("nginx"), "-t", "-p", folder, "-c", "nginx.conf", "-e", "stderr")


def _is_read_by_prometheus(path: Path, folder: Path) -> None:
    shutil.copy(ROOT / "ops" / "prometheus-rules.yml", folder / "rules.yml")
    shutil.copy(path, folder)
    _accepts(tool("promtool"), "check", "config", folder / path.name)


def _is_a_unit(path: Path, folder: Path) -> None:
    """Of programs that are here."""
    unit = folder / path.name
    text, count = re.subn(r"/opt/guidance/bin", str(_PYTHONS), path.read_text())
    assert count == 1
    unit.write_text(text)
    said = _accepts(
        tool("systemd-analyze"),
        *("verify", unit),
        SYSTEMD_UNIT_PATH=f"{folder}:{TOOLS / 'lib' / 'systemd' / 'system'}:",
    )
    assert said == "", "what it cannot read it ignores, with a warning"


def _is_a_script(path: Path, _folder: Path) -> None:
    """What it does is seen in test_cluster.py, whose cluster is made by it."""
    assert os.access(path, os.X_OK)
    _accepts("sh", "-n", path)


def _is_seen_elsewhere(_path: Path, _folder: Path) -> None:
    """Lock files in test_image.py, settings in test_settings.py, redis.conf in test_cluster.py."""


def _is_yaml(path: Path, _folder: Path) -> None:
    assert yaml.safe_load(path.read_text())


def _is_sql(path: Path, _folder: Path) -> None:
    """As PostgreSQL reads it; lines that begin with a backslash are for psql."""
    lines = path.read_text().splitlines()
    assert parse_sql("\n".join(line for line in lines if not line.startswith("\\")))


CHECKS: dict[str, Callable[[Path, Path], None]] = {
    "*Dockerfile": _is_a_docker_file,
    "compose.yaml": _is_a_compose_file,
    "kubernetes/kustomization.yaml": _names_files_that_exist,
    "kubernetes/migration/kustomization.yaml": _names_files_that_exist,
    "kubernetes/adapter.yaml": _is_yaml,
    "kubernetes/*.yaml": _is_of_kubernetes,
    "haproxy/*.cfg": _is_read_by_haproxy,
    "nginx/*.conf": _is_read_by_nginx,
    "prometheus/prometheus.yml": _is_read_by_prometheus,
    "grafana/*.yaml": _is_yaml,
    "systemd/*.service": _is_a_unit,
    "citus/*.sql": _is_sql,
    "*.sh": _is_a_script,
    "*.lock": _is_seen_elsewhere,
    "Dockerfile.dockerignore": _is_seen_elsewhere,
    "example.env": _is_seen_elsewhere,
    "redis/redis.conf": _is_seen_elsewhere,
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_is_accepted(path: Path, tmp_path: Path) -> None:
    name = str(path.relative_to(DEPLOY))
    check = next(check for pattern, check in CHECKS.items() if fnmatch(name, pattern))
    check(path, tmp_path)
