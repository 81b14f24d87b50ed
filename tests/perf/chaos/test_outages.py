"""The outages in short: everybody is answered in time, served soon after, and loses nothing."""

import pytest
from click.testing import CliRunner

from perf.chaos.command import chaos

pytestmark = pytest.mark.heavy

IN_SHORT = ("path swallows", "server read-only")
OTHERS = ("connections half open",)


@pytest.mark.parametrize("names", [IN_SHORT, pytest.param(OTHERS, marks=pytest.mark.slow)])
def test_everybody_is_answered_through_outages(
    names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_TIMEOUT_SECONDS", "1")
    only = [argument for name in names for argument in ("--only", name)]
    result = CliRunner().invoke(chaos, ["outages", "--seconds", "1", *only])
    head, _, *rows, last = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    assert head.startswith("| outage | answers by status | slowest | first success |")
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == list(names)
    assert last == "everybody was answered in time, and nothing was lost or doubled"
