"""A fault that does not fit the source any more fails at once."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from perf.servers.host import ROOT
from tests.perf.planted.planted_source import Edit, edited, planted

pytestmark = pytest.mark.heavy

FOLDER = Path(__file__).parent
MODULES = sorted({one.name for one in iter_modules([str(FOLDER)])} - {Path(__file__).stem})


def faults_in(found: object) -> Iterator[tuple[Edit, ...]]:
    """The faults in a constant of a module, or in the parameters of one of its tests."""
    if isinstance(found, Edit):
        yield (found,)
    elif isinstance(found, tuple) and found and all(isinstance(one, Edit) for one in found):
        yield found
    elif isinstance(found, list | tuple):
        for one in found:
            yield from faults_in(one)
    elif callable(found):
        yield from faults_in([mark.args for mark in getattr(found, "pytestmark", ())])


@pytest.mark.parametrize("module", MODULES)
def test_every_fault_fits_the_source(module: str) -> None:
    """Most are planted every night only, which would be late to learn that one proves nothing."""
    for found in vars(import_module(f"{__package__}.{module}")).values():
        for fault in faults_in(found):
            texts: dict[str, str] = {}
            for edit in fault:
                path = ROOT / edit.path
                if edit.before:
                    texts[edit.path] = edited(edit, texts.get(edit.path) or path.read_text())
                else:
                    assert not path.exists()


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (
            Edit("Makefile", "no such text", ""),
            "Makefile has this 0 times, not once:\nno such text",
        ),
        (Edit("Makefile", "setup", ""), r"Makefile has this \d\d? times, not once:\nsetup"),
        (Edit("Makefile", "", "all of it"), "Makefile is there already"),
    ],
)
def test_an_edit_that_does_not_fit(edit: Edit, why: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=why):
        planted(tmp_path, edit)


def test_a_command_runs_what_is_planted(tmp_path: Path) -> None:
    text = "Everything that can be read."
    ran = planted(tmp_path, Edit("gql/resolvers/query.py", text, "Planted.")).guidance("schema")
    assert (ran.status, '"""Planted."""' in ran.output, text in ran.output) == (0, True, False)
