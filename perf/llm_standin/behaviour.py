"""The settings of the stand-in, with the same names as options, headers and control fields."""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

HEADER_PREFIX = "x-standin-"


class Mode(Enum):
    """What the stand-in writes."""

    TEXT = "text"
    ECHO = "echo"


class Continuation(Enum):
    """How the stand-in goes on with a reply that broke off."""

    EXACT = "exact"
    LAST_WORDS = "last-words"
    ANEW = "anew"


class Finish(Enum):
    """The finish reason of a reply."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"


class RetryAfterForm(Enum):
    """The format of Retry-After."""

    SECONDS = "seconds"
    DATE = "date"


class StreamEnd(Enum):
    """How a stream of given bytes ends."""

    CLOSED = "closed"
    CUT = "cut"
    SILENCE = "silence"


def _rates(given: object) -> object:
    """Parse `503=0.1,429=0.05`; a mapping is returned unchanged."""
    if not isinstance(given, str):
        return given
    pairs = re.findall(r"(\d+)=([0-9.]+)(?:,|$)", given.replace(" ", ""))
    if len(pairs) != given.count(",") + 1:
        raise ValueError("must look like 503=0.1,429=0.05")
    return dict(pairs)


Status = Annotated[int, Field(ge=400, le=599)]
Rate = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Behaviour(BaseModel):
    """How the stand-in answers a call; the descriptions are the help of its options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens_per_second: Seconds = Field(50, description="How fast it writes; 0 is at once.")
    tokens: Annotated[int, Field(ge=1, le=100_000)] = Field(
        60, description="How many tokens (words) a reply has."
    )
    first_token_seconds: Seconds = Field(0.2, description="How long it takes to begin.")
    seed: int = Field(0, description="Seed and prompt together decide what a reply says.")
    mode: Mode = Field(
        Mode.TEXT, description="`text` writes of its own, `echo` repeats the last message."
    )
    continuation: Continuation = Field(
        Continuation.LAST_WORDS,
        description="Continue a reply that broke off `exact`ly where it ends, with the "
        "`last-words` that it is told to repeat, or `anew` from the beginning.",
    )
    api_key: str | None = Field(None, description="Refuse any other key with 401.")
    status: Status | None = Field(
        None, description="Answer with this error status instead of a reply."
    )
    error_rates: Annotated[dict[Status, Rate], BeforeValidator(_rates)] = Field(
        {}, description="Parts of the calls that get an error status: 503=0.1,429=0.05."
    )
    error_code: str | None = Field(
        None, description="The code in the body of an error, such as content_filter."
    )
    retry_after_seconds: Seconds | None = Field(
        None, description="Send Retry-After with errors: so many seconds from now."
    )
    retry_after_form: RetryAfterForm = Field(
        RetryAfterForm.SECONDS, description="Write Retry-After as `seconds` or as a `date`."
    )
    retry_after: str | None = Field(None, description="Send exactly this as Retry-After.")
    retry_after_ms: str | None = Field(None, description="Send exactly this as retry-after-ms.")
    error_filler_bytes: Count = Field(0, description="Make the bodies of errors so much longer.")
    hang_after: Count | None = Field(
        None, description="Fall silent after so many tokens; 0 is before the first byte."
    )
    cut_after: Count | None = Field(None, description="Cut the connection after so many tokens.")
    malformed_after: Count | None = Field(
        None, description="Send something that is not JSON after so many tokens."
    )
    error_after: Count | None = Field(
        None, description="Send an error in the stream after so many tokens."
    )
    is_streaming: bool = Field(
        True, description="Stream when asked to; if not, answer whole all the same."
    )
    stream: str | None = Field(
        None,
        description="Send exactly these bytes, in Base64, as the body of a stream.",
        pattern=r"^[A-Za-z0-9+/]*=*$",
    )
    stream_piece_bytes: Annotated[int, Field(ge=1)] = Field(
        65_536, description="Send those bytes in pieces of so many."
    )
    stream_end: StreamEnd = Field(
        StreamEnd.CLOSED, description="End those bytes properly, by a cut, or by silence."
    )
    content_type: str = Field("text/event-stream", description="What a stream says that it is.")
    usage_prompt_tokens: int | None = Field(
        None, description="Say that the prompt had so many tokens."
    )
    usage_completion_tokens: int | None = Field(
        None, description="Say that the reply had so many tokens."
    )
    usage_cached_tokens: int | None = Field(
        None, description="Say that so many tokens of the prompt were kept from before."
    )
    usage_reasoning_tokens: int | None = Field(
        None, description="Say that so many tokens of the reply were reasoning."
    )
    reports_usage: bool = Field(True, description="Say how many tokens a reply took, when asked.")
    context_tokens: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Refuse prompts of more tokens as too long."
    )
    finish: Finish = Field(
        Finish.STOP, description="Why a reply ends: `stop`, `length` or `content_filter`."
    )

    @model_validator(mode="after")
    def _errors_are_not_more_than_calls(self) -> Self:
        if sum(self.error_rates.values()) > 1:
            raise ValueError("error rates add up to more than 1")
        return self

    def changed(self, changes: Mapping[str, object]) -> "Behaviour":
        """A copy with changes; raises pydantic's `ValidationError`."""
        return Behaviour.model_validate({**self.model_dump(), **changes})

    def for_request(self, headers: Mapping[str, str]) -> "Behaviour":
        """A copy with the changes in request headers, such as `X-Standin-Status: 503`."""
        changes = {
            name.removeprefix(HEADER_PREFIX).replace("-", "_"): value
            for name, value in headers.items()
            if name.startswith(HEADER_PREFIX)
        }
        return self.changed(changes) if changes else self
