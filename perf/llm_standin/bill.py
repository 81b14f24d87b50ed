"""What the stand-in's calls took, by day and model, as OpenAI's usage API reports it."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta

_DAY = timedelta(days=1)


class Bill:
    """The tokens that were read and written, also by calls that broke off or were cancelled."""

    def __init__(self) -> None:
        self._counts: dict[date, dict[str, Counter[str]]] = defaultdict(
            lambda: defaultdict(Counter)
        )

    def add(
        self, model: str, *, prompt_tokens: int, cached_tokens: int, completion_tokens: int
    ) -> None:
        """Add a call that has just ended."""
        self._counts[datetime.now(UTC).date()][model].update(
            input_tokens=prompt_tokens,
            input_cached_tokens=cached_tokens,
            output_tokens=completion_tokens,
            num_model_requests=1,
        )

    def as_json(self) -> dict[str, object]:
        """A page with a bucket for each day."""
        return {
            "object": "page",
            "data": [_bucket(day, models) for day, models in sorted(self._counts.items())],
            "has_more": False,
            "next_page": None,
        }


def _bucket(day: date, models: dict[str, Counter[str]]) -> dict[str, object]:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    kind = "organization.usage.completions.result"
    return {
        "object": "bucket",
        "start_time": int(start.timestamp()),
        "end_time": int((start + _DAY).timestamp()),
        "results": [
            {"object": kind, "model": model, **counts} for model, counts in sorted(models.items())
        ],
    }
