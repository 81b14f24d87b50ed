"""A fault that does not fit the source any more fails at once."""

from pathlib import Path

import pytest

from tests.perf.planted.source import Edit, planted


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
