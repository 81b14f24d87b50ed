"""Which Pythons are supported, said alike wherever it is said; and that CI skips nothing."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VERSION = re.compile(r"\b3\.(\d+)(?!\.?\d)")
WITHOUT_A_TOOL = """
from tests.fixtures.run.tools import tool

def test_that_needs_it():
    tool("a-program-that-is-nowhere")

def test_that_does_not():
    pass
"""


def supported() -> list[int]:
    """The minor versions, which the classifiers name."""
    return [int(one) for one in VERSION.findall("\n".join(PROJECT["classifiers"]))]


def test_this_python_is_supported() -> None:
    assert sys.version_info[:2] in [(3, minor) for minor in supported()]


def test_an_older_python_is_not_let_in() -> None:
    oldest = min(supported())
    assert PROJECT["requires-python"] == f">=3.{oldest}"
    assert f"sys.version_info < (3, {oldest})" in (ROOT / "Makefile").read_text()


def test_the_oldest_and_the_newest_are_tested_at_every_change() -> None:
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text()
    tested = re.search(r"python: \[(.*)\]", workflow)
    assert tested is not None
    assert [int(one) for one in VERSION.findall(tested[1])] == [min(supported()), max(supported())]


@pytest.mark.parametrize("name", ["README.md", "docs/dependencies.md"])
def test_a_page_names_them_all(name: str) -> None:
    found = re.search(r"Python (3\.\d+(?:, 3\.\d+)* (?:and|or) 3\.\d+)", (ROOT / name).read_text())
    assert found is not None
    assert [int(one) for one in VERSION.findall(found[1])] == supported()


def test_tools_look_at_the_code_as_for_the_oldest() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    oldest = min(supported())
    assert tools["mypy"]["python_version"] == f"3.{oldest}"
    assert tools["ruff"]["target-version"] == f"py3{oldest}"
    assert f"--python-version 3.{oldest} " in (ROOT / "Makefile").read_text()


def test_what_is_used_of_private_parts_has_an_upper_bound_of_its_version() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    table = page.partition("## Private parts")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `.*` \| ([a-z-]+) \|", table, re.MULTILINE))
    bounded = {
        re.split(r"[\[>]", one, maxsplit=1)[0] for one in PROJECT["dependencies"] if ",<" in one
    }
    assert named == bounded


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("options", "outcome"),
    [([], "1 passed, 1 skipped"), (["--all-tools"], "1 failed, 1 passed")],
    ids=["skipped", "failed"],
)
def test_without_a_tool_its_test_is_skipped_or_fails(
    tmp_path: Path, options: list[str], outcome: str
) -> None:
    (tmp_path / "test_tool.py").write_text(WITHOUT_A_TOOL)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.fixtures.run.tools",
        *options,
        str(tmp_path),
    ]
    alone = [str(tmp_path), "--rootdir", str(tmp_path), "-c", "/dev/null", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [*command, *alone],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},  # and not the options of this very run
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in ran.stdout
    assert "a-program-that-is-nowhere: it is not here" in ran.stdout or not options
