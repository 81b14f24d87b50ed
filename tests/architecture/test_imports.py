"""Imports point one way: the contracts of pyproject.toml."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).parents[2]


def test_every_import_contract_is_kept() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_every_package_stands_in_a_contract() -> None:
    """Every root is a layer, and whichever has packages orders all of its modules."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = [one for one in linter["contracts"] if one["type"] == "layers"]
    in_top = {name.strip() for layer in layers[0]["layers"] for name in layer.split("|")}
    exhaustive = {
        name for one in layers if one.get("exhaustive") for name in one.get("containers", ())
    }
    with_packages = {one for one in in_top if any((ROOT / one).glob("[a-z]*/__init__.py"))}
    assert in_top == set(linter["root_packages"])
    assert with_packages <= exhaustive
