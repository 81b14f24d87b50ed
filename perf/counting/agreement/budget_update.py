"""Update the budgets with the counted function calls."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import date

from gql.documents.trusted_documents import FOLDER, TABLE, read_documents
from perf.counting.agreement.call_findings import numbers
from perf.counting.request_cost import RequestCost
from perf.gate.budget_log import missing
from perf.servers.host import ROOT

_LOG = FOLDER / "CHANGES.md"
_THOUSANDS = 10_000
"""Numbers from here on are written with digit separators."""


def update_budgets(
    counted: Mapping[str, tuple[RequestCost, RequestCost]], why: str, today: date
) -> Sequence[str]:
    """Update the budgets and their change log; returns the lines added to the log."""
    text = TABLE.read_text()
    for name, sizes in counted.items():
        text = with_numbers(text, name, numbers(sizes))
    TABLE.write_text(text)
    budgets = {name: one.budget for name, one in read_documents(FOLDER).items()}
    log = _LOG.read_text()
    lines = [line.replace("| … |", f"| {why} |") for line in missing(log, budgets, today)]
    _LOG.write_text("".join([log, *(f"{line}\n" for line in lines)]))
    return lines


def budgets_revision() -> str | None:
    """The newest commit that changed the budgets; None if git does not know one."""
    log = ("log", "-1", "--format=%h", "--", str(TABLE.relative_to(ROOT)))
    try:
        found = subprocess.run(
            ["git", "-C", ROOT, *log], check=True, capture_output=True, text=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
    return found or None


def with_numbers(text: str, name: str, found: Mapping[str, float]) -> str:
    """The text of the budget table with these numbers in the budget of `name`."""
    begin = text.index(f"[{name}]\n")
    end = text.find("\n[", begin)
    end = len(text) if end < 0 else end
    table = text[begin:end].rstrip("\n")
    for key, value in found.items():
        line = f"{key} = {_written(value)}"
        table, times = re.subn(rf"^{key} = .*$", line, table, flags=re.MULTILINE)
        if not times:
            table += f"\n{line}"
    return text[:begin] + table + "\n" + text[end:]


def _written(value: float) -> str:
    return f"{value:_}" if value >= _THOUSANDS else f"{value:g}"
