"""Reading and validating the report of a run from a file."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from perf.load.results.consistency import contradiction_in
from perf.load.results.report import KIND, VERSION, LoadReport


class ReportUnreadable(Exception):
    """A file is not a report of this version; the message names it and the reason."""


def read_report(path: Path) -> LoadReport:
    """Read a report; raises `ReportUnreadable`.

    Numbers that cannot be (NaN, negative, or contradicting each other) make it unreadable, too.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ReportUnreadable(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    if not text.strip():
        raise ReportUnreadable(f"{path}: is empty")
    try:
        report = LoadReport.model_validate_json(text)
    except ValidationError as error:
        raise ReportUnreadable(f"{path}: {_reason(text, error)}") from None
    contradiction = contradiction_in(report)
    if contradiction is not None:
        raise ReportUnreadable(f"{path}: cannot be of a run: {contradiction}")
    return report


def _reason(text: bytes, error: ValidationError) -> str:
    """Why a file is not a report; a wrong version is reported before missing fields."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return "is not JSON"
    found = _header(text)
    if found.get("kind") != KIND:
        return "is not a report of `guidance perf run`"
    if found.get("version") != VERSION:
        return f"is a report of version {found.get('version')}, and this reads version {VERSION}"
    place = ".".join(map(str, first["loc"]))
    return f"is damaged at {place}: {first['msg'].lower()}"


# Any: JSON.
def _header(text: bytes) -> dict[str, Any]:
    # Not orjson, which rejects NaN and would hide a wrong version.
    loaded = json.loads(text)
    return loaded if isinstance(loaded, dict) else {}
