"""Reading the report of a run: what a file holds may be anything."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from perf.load.plausible import implausible
from perf.load.result import KIND, VERSION, LoadReport


class ReportUnreadable(Exception):
    """A file is no report of this version; the message names it and says what is wrong."""


def read_report(path: Path) -> LoadReport:
    """Read a report; raises `ReportUnreadable` in one line.

    A figure that no run can have (NaN, below zero, one that contradicts another) is unreadable too.
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
    contradiction = implausible(report)
    if contradiction is not None:
        raise ReportUnreadable(f"{path}: cannot be of a run: {contradiction}")
    return report


def _reason(text: bytes, error: ValidationError) -> str:
    """Why a file is no report, the version first: an older one lacks what it did not have."""
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
    # Not orjson, which knows no NaN and would not come to the version.
    loaded = json.loads(text)
    return loaded if isinstance(loaded, dict) else {}
