"""The stand-in: answers calls as configured, and records them."""

import random
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from perf.llm_standin.behaviour import Behaviour, RetryAfterForm
from perf.llm_standin.chat_api import FAILURE, ChatRequest, InvalidChatRequest, error, parse_request
from perf.llm_standin.delivery import CallOutcome, ReplyResponse
from perf.llm_standin.reply_text import prompt_tokens, reply_pieces

_CALLS_KEPT = 1_000
_BAD_REQUEST, _UNAUTHORIZED = 400, 401


class StandIn:
    """Answers calls of the chat API, counts them, and keeps the newest `calls_kept`."""

    def __init__(self, behaviour: Behaviour, *, calls_kept: int = _CALLS_KEPT) -> None:
        self._beginning = behaviour
        self._calls_kept = calls_kept
        self.reset()

    def reset(self) -> None:
        """Restore the initial behaviour, and forget all calls."""
        self.behaviour = self._beginning
        self.calls: deque[ChatRequest] = deque(maxlen=self._calls_kept)
        self._next: deque[Mapping[str, object]] = deque()
        self._counts: Counter[str] = Counter()
        self._connections: set[object] = set()
        self._chance = random.Random(self._beginning.seed)

    def change(self, changes: Mapping[str, object]) -> None:
        """Change the behaviour from now on; raises pydantic's `ValidationError`."""
        self.behaviour = self.behaviour.changed(changes)

    def change_next(self, changes: Sequence[Mapping[str, object]]) -> None:
        """Queue one change for each of the next calls; raises `ValidationError`."""
        for one in changes:
            self.behaviour.changed(one)
        self._next.extend(changes)

    def counts(self) -> dict[str, int]:
        """Numbers of calls received, of their connections, and by outcome."""
        ended = {outcome.value: self._counts[outcome.value] for outcome in CallOutcome}
        received = self._counts["received"]
        return {
            "received": received,
            "connections": len(self._connections),
            "running": received - sum(ended.values()),
            **ended,
        }

    async def answer(self, request: Request) -> ASGIApp:
        """The ASGI application that answers one call."""
        try:
            traceparent = request.headers.get("traceparent")
            chat_request = replace(parse_request(await request.body()), traceparent=traceparent)
            behaviour = self._take_behaviour().for_request(request.headers)
        except (InvalidChatRequest, ValidationError) as problem:
            return _refusal(_BAD_REQUEST, str(problem), Behaviour())
        self._connections.add(request.client)
        on_end = self._count(chat_request)
        status = self._status(behaviour, request.headers.get("authorization"))
        if status is not None:
            on_end(CallOutcome.REFUSED)
            return _refusal(status, FAILURE, behaviour)
        return ReplyResponse(
            behaviour=behaviour,
            reply_id=f"stand-in-{self._counts['received']}",
            pieces=reply_pieces(behaviour, chat_request.messages),
            prompt_tokens=prompt_tokens(chat_request.messages),
            is_streamed=chat_request.is_streamed and behaviour.is_streaming,
            wants_usage=chat_request.wants_usage,
            on_end=on_end,
        )

    def _take_behaviour(self) -> Behaviour:
        return self.behaviour.changed(self._next.popleft()) if self._next else self.behaviour

    def _count(self, chat_request: ChatRequest) -> Callable[[CallOutcome], None]:
        """Record a call, and return a callback for its outcome; a reset discards both."""
        self.calls.append(chat_request)
        counts = self._counts
        counts["received"] += 1

        def on_end(outcome: CallOutcome) -> None:
            counts[outcome.value] += 1

        return on_end

    def _status(self, behaviour: Behaviour, authorization: str | None) -> int | None:
        """The error status to answer with, if any."""
        if behaviour.api_key is not None and authorization != f"Bearer {behaviour.api_key}":
            return _UNAUTHORIZED
        return behaviour.status or self._status_by_chance(behaviour.error_rates)

    def _status_by_chance(self, rates: Mapping[int, float]) -> int | None:
        drawn = self._chance.random()
        for status, rate in rates.items():
            if drawn < rate:
                return status
            drawn -= rate
        return None


def _refusal(status: int, message: str, behaviour: Behaviour) -> Response:
    headers = {"content-type": "application/json"}
    if behaviour.retry_after_seconds is not None:
        headers["retry-after"] = _retry_after(
            behaviour.retry_after_seconds, behaviour.retry_after_form
        )
    if behaviour.retry_after is not None:
        headers["retry-after"] = behaviour.retry_after
    if behaviour.retry_after_ms is not None:
        headers["retry-after-ms"] = behaviour.retry_after_ms
    filler = " " * behaviour.error_filler_bytes
    return Response(error(message + filler, behaviour.error_code), status, headers)


def _retry_after(seconds: float, form: RetryAfterForm) -> str:
    """The value of Retry-After; HTTP only has whole seconds."""
    if form is RetryAfterForm.SECONDS:
        return str(round(seconds))
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
