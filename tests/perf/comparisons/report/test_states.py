"""Nothing is passed over by a report: each silence has its words, and an exit status of its own."""

from pathlib import Path

import orjson
import pytest

from perf.comparisons.report.files import NAME
from tests.perf.comparisons.report.incomplete_reports import Silence, silences
from tests.perf.comparisons.report.report_command import asked, status

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("silence", list(silences()), ids=lambda one: one.name)
def test_a_silence_is_named_and_has_its_status(silence: Silence, tmp_path: Path) -> None:
    result = asked(tmp_path, *silence.write(tmp_path))
    said = result.stdout if result.exception is None else str(result.exception)
    assert (status(result), silence.named in said) == (silence.status, True), said
    if result.exception is None:
        assert silence.named in (tmp_path / "out" / f"{NAME}.md").read_text()
        written = orjson.loads((tmp_path / "out" / f"{NAME}.json").read_bytes())
        assert written["exit_status"] == silence.status
