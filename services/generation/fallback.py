"""Asking one model after another for a reply, until one of them has written its end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from clients.llm import FailureReason, GenerationFailed, PromptMessage, TimeShare
from metrics.generation import FALLBACKS
from services.generation.models.calls import Call, Calls, utf16_length
from services.generation.models.catalogue import ChatModel
from services.generation.text_generation import generate_text

_FINAL = frozenset({FailureReason.REFUSED, FailureReason.TOO_LONG})
"""What no other model mends: it would only be asked to do what is not wanted."""
_LEAST_SHARE = 0.25
_log = structlog.get_logger("guidance.llm")
RecordSeam = Callable[[], Awaitable[None]]
"""Stores the parts as they are, before another model writes."""


def seconds_left(timeout_seconds: float, elapsed_seconds: float) -> float:
    """How long a process may take for a reply on which earlier ones spent `elapsed_seconds`.

    At least a quarter of the time: that it was handed over is no fault of the model's.
    """
    return max(timeout_seconds - elapsed_seconds, timeout_seconds * _LEAST_SHARE)


@dataclass(frozen=True, slots=True)
class FallbackChain:
    """The models of one reply, in the order in which they are asked, and the time they have."""

    models: Sequence[ChatModel]
    timeout_seconds: float

    async def write(
        self,
        prompt: Sequence[PromptMessage],
        written: str,
        calls: Calls,
        add: Callable[[str], None],
        record_seam: RecordSeam,
    ) -> None:
        """Have the reply written after what is `written`, and pass its text to `add`.

        A model that fails is followed by the next, which continues the text. Raises the
        `GenerationFailed` that says most, with the soonest time at which one may be asked again.
        """
        deadline = _now() + self.timeout_seconds
        text, failures = written, []
        for index, model in enumerate(self.models):
            call = calls.begin(model, utf16_length(text))
            time = TimeShare(deadline, len(self.models) - index)
            if calls.has_seam:
                await record_seam()
            added: list[str] = []
            try:
                await generate_text(
                    model.language_model,
                    prompt,
                    call.report,
                    partial(_add, add, added, call),
                    written=text,
                    time=time,
                    is_cut_off=len(text) > len(written),
                )
            except GenerationFailed as failure:
                failures.append(failure)
                if not time.has_successor or failure.reason in _FINAL or _now() >= deadline:
                    raise _worst(failures) from failure
                _count(model, failure)
                text += "".join(added)
            else:
                return


def _add(add: Callable[[str], None], added: list[str], call: Call, text: str) -> None:
    added.append(text)
    call.length += utf16_length(text)
    add(text)


def _count(model: ChatModel, failure: GenerationFailed) -> None:
    reason = failure.reason.value
    FALLBACKS.labels(model.name, reason).inc()
    _log.warning("another model is asked", instead_of=model.name, reason=reason)


def _worst(failures: Sequence[GenerationFailed]) -> GenerationFailed:
    """The last failure; one that a shorter prompt would mend counts only where all are such."""
    waits = [one.retry_after_seconds for one in failures if one.retry_after_seconds is not None]
    last = [one for one in failures if one.reason is not FailureReason.CONTEXT_TOO_LONG]
    reason = (last or failures)[-1].reason
    return GenerationFailed(reason, retry_after_seconds=min(waits) if waits else None)


def _now() -> float:
    return asyncio.get_running_loop().time()
