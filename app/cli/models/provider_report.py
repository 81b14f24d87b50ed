"""What a provider says of a model's use: pages of OpenAI's usage API for completions.

https://platform.openai.com/docs/api-reference/usage/completions
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from services.generation.models.reconciliation import ReportedUse, Tokens

Count = Annotated[int, Field(ge=0)]


class _Result(BaseModel):
    model: str | None = None
    input_tokens: Count = 0
    input_cached_tokens: Count = 0
    output_tokens: Count = 0


class _Bucket(BaseModel):
    start_time: Annotated[int, Field(ge=0, le=253_402_300_799)]
    results: tuple[_Result, ...]


class _Page(BaseModel):
    data: tuple[_Bucket, ...]


_REPORT: TypeAdapter[_Page | tuple[_Page, ...]] = TypeAdapter(_Page | tuple[_Page, ...])


class ReportUnreadable(Exception):
    """The file is none of the provider's; the message says why, in one line."""


def read_report(content: bytes) -> tuple[ReportedUse, ...]:
    """The uses in a page, or in a list of pages, grouped by model; raises `ReportUnreadable`."""
    try:
        found = _REPORT.validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ReportUnreadable(f"{place}: {first['msg']}".removeprefix(": ")) from None
    pages = (found,) if isinstance(found, _Page) else found
    return tuple(use for page in pages for bucket in page.data for use in _uses(bucket))


def _uses(bucket: _Bucket) -> Iterator[ReportedUse]:
    day = datetime.fromtimestamp(bucket.start_time, UTC).date()
    for one in bucket.results:
        if one.model is None:
            raise ReportUnreadable("it is not grouped by model: ask for it with group_by=model")
        tokens = Tokens(one.input_tokens, one.input_cached_tokens, one.output_tokens)
        yield ReportedUse(day, one.model, tokens)
