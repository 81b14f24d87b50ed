"""The image: its lock files, what reaches its builder, and its steps, run without a container."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx2
import pytest

from perf.servers.cluster.guard import guarded
from perf.servers.cluster.instances import is_ready
from perf.servers.cluster.service import Service, free_ports
from tests.deploy.dockerfile import DEPLOY, ROOT, context, stages

pytestmark = pytest.mark.heavy

_ENTRY = re.compile(r"^([a-z0-9-]+)==(\S+)(.*?)(?=^[a-z0-9]|\Z)", re.MULTILINE | re.DOTALL)
BUILD, RESULT = stages()


def test_the_image_gets_what_the_tests_ran_on_and_no_test_tool() -> None:
    tested = _locked(ROOT / "requirements.lock")
    production, build = _locked(DEPLOY / "production.lock"), _locked(DEPLOY / "build.lock")
    assert production.items() <= tested.items()
    assert build.items() <= tested.items()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = {re.split(r"[\[>;]", one)[0] for one in project["project"]["dependencies"]}
    assert named <= production.keys()
    # Some packages of the tests are needed by others that serve, too.
    assert {"pytest", "mypy", "ruff", "hypothesis"}.isdisjoint(production.keys() | build.keys())
    for name in ("production.lock", "build.lock"):
        assert "pyproject.toml:dev" not in (DEPLOY / name).read_text()
    assert all(hashes for _, hashes in (production | build).values())


def test_the_builder_gets_the_packages_and_nothing_else_of_the_repository() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    texts = ["pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]]
    assert sorted(context()) == sorted(["deploy/*.lock", *packages, *texts])


def test_what_is_built_runs_without_root_and_without_what_built_it() -> None:
    assert [one.value for one in RESULT if one.name == "USER"] == ["10001:10001"]
    copied = [one.value for one in RESULT if one.name in {"COPY", "ADD"}]
    assert copied == ["--from=build /opt/guidance /opt/guidance"]
    assert not [one for one in RESULT if re.search(r"\b(apt-get|pip)\b", one.value)]


@pytest.mark.slow
def test_the_builders_steps_make_a_server_that_answers(
    tmp_path: Path, empty_database_url: str
) -> None:
    """Where there are no images: the same steps, in folders of the test's own."""
    source = tmp_path / "source"
    _copy_context(source)
    for step in BUILD:
        if step.name == "RUN":
            command = step.value.replace("/opt/", f"{tmp_path}/").replace(
                "/wheels", f"{tmp_path}/w"
            )
            command = re.sub(r"(?<![/\w-])python ", f"{sys.executable} ", command)
            subprocess.run(["sh", "-euc", command], cwd=source, env=_environment(), check=True)
    installed = tmp_path / "guidance" / "bin"
    assert not (installed / "pip").exists()
    for command in ("--help", "migrate"):
        subprocess.run(
            [installed / "guidance", command],
            env={"PATH": os.environ["PATH"], "DATABASE_URL": empty_database_url},
            cwd=tmp_path,
            check=True,
        )
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    serve = [str(installed / "guidance"), "serve", "--no-worker", "--port", str(port)]
    with guarded() as guard:
        server = Service(
            *(tmp_path, guard, "image", serve),
            is_ready=lambda: is_ready(url),
            environment={"DATABASE_URL": empty_database_url, "SHUTDOWN_DRAIN_SECONDS": "0"},
        )
        server.start()
        try:
            answer = httpx2.post(f"{url}/graphql", json={"query": "{ plans { code } }"})
            assert answer.json()["data"]["plans"]
        finally:
            server.stop()


def _locked(path: Path) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Version and hashes of each package."""
    return {
        name: (version, tuple(re.findall(r"sha256:[0-9a-f]{64}", rest)))
        for name, version, rest in _ENTRY.findall(path.read_text())
    }


def _copy_context(target: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--", *context()], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)


def _environment() -> dict[str, str]:
    given = [one.value.split() for one in BUILD if one.name == "ENV"]
    return dict(os.environ) | {
        name: value for group in given for name, _, value in (one.partition("=") for one in group)
    }
