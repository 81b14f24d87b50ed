"""The table of outages, and the limits that they must keep."""

from collections.abc import Iterator, Sequence

from perf.chaos.outages.clients import UNANSWERED
from perf.chaos.outages.scenarios import OutageResult

LATEST_ANSWER_SECONDS = 16.0
"""The deadline of a request, with a margin for a busy machine."""
LATEST_SUCCESS_SECONDS = 5.0
_EXPECTED = {200, 503, 504}
_AWAY = {503, 504}
_HEAD = ("outage", "answers by status", "slowest", "first success", "lost", "doubled")


def table(rows: Sequence[OutageResult]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield f"| {' | '.join(_HEAD)} |"
    yield f"|{'---|' * len(_HEAD)}"
    for row in rows:
        cells = (
            row.name,
            ", ".join(f"{count} x {status}" for status, count in sorted(row.by_status.items())),
            f"{row.slowest_seconds:.1f} s",
            f"{row.first_success_seconds:.1f} s",
            str(row.lost),
            str(row.doubled),
        )
        yield f"| {' | '.join(cells)} |"


def problems(row: OutageResult) -> Iterator[str]:
    """A description of each limit that an outage exceeded."""
    strange = {status for status in row.by_status if status not in _EXPECTED}
    for status in sorted(strange):
        said = "no answer" if status == UNANSWERED else f"status {status}"
        yield f"{row.name}: {row.by_status[status]} requests got {said}"
    silent = sum(one.status in _AWAY and not one.has_retry_after for one in row.answers)
    if silent:
        yield f"{row.name}: {silent} refusals do not say when to ask again"
    if row.slowest_seconds > LATEST_ANSWER_SECONDS:
        yield f"{row.name}: somebody waited {row.slowest_seconds:.1f} s for an answer"
    if row.first_success_seconds > LATEST_SUCCESS_SECONDS:
        yield f"{row.name}: it took {row.first_success_seconds:.1f} s to serve everybody again"
    if row.lost or row.doubled:
        yield f"{row.name}: {row.lost} messages are lost, and {row.doubled} are stored twice"
