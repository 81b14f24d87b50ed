"""The stand-in: answers calls as configured, and records them."""

import random
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TypeAlias

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from perf.llm_standin.behaviour import Behaviour, RetryAfterForm
from perf.llm_standin.bill import Bill
from perf.llm_standin.chat_api import FAILURE, ChatRequest, InvalidChatRequest, error, parse_request
from perf.llm_standin.delivery import CallOutcome, ReplyResponse
from perf.llm_standin.reply_text import prompt_tokens, reply_pieces

_CALLS_KEPT = 1_000
OnEnd: TypeAlias = Callable[[CallOutcome, int], None]
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
        self._by_model: dict[str, Mapping[str, object]] = {}
        self.bill = Bill()
        self.calls: deque[ChatRequest] = deque(maxlen=self._calls_kept)
        self._next: deque[Mapping[str, object]] = deque()
        self._counts: Counter[str] = Counter()
        self._connections: set[object] = set()
        self._chance = random.Random(self._beginning.seed)

    def change(self, changes: Mapping[str, object]) -> None:
        """Change the behaviour from now on; raises pydantic's `ValidationError`."""
        self.behaviour = self.behaviour.changed(changes)

    def change_model(self, model: str, changes: Mapping[str, object]) -> None:
        """Change what one model does from now on, whatever the others do; raises as `change`."""
        changed = {**self._by_model.get(model, {}), **changes}
        self.behaviour.changed(changed)
        self._by_model[model] = changed

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
            behaviour = self._take_behaviour(chat_request.model).for_request(request.headers)
        except (InvalidChatRequest, ValidationError) as problem:
            return _refusal(_BAD_REQUEST, str(problem), Behaviour())
        self._connections.add(request.client)
        on_end = self._count(chat_request)
        status = self._status(behaviour, request.headers.get("authorization"))
        read = prompt_tokens(chat_request.messages)
        if status is not None:
            on_end(CallOutcome.REFUSED, 0)
            return _refusal(status, FAILURE, behaviour)
        if behaviour.context_tokens is not None and read > behaviour.context_tokens:
            on_end(CallOutcome.REFUSED, 0)
            too_long = behaviour.changed({"error_code": "context_length_exceeded"})
            return _refusal(_BAD_REQUEST, FAILURE, too_long)
        return ReplyResponse(
            behaviour=behaviour,
            reply_id=f"stand-in-{self._counts['received']}",
            pieces=reply_pieces(behaviour, chat_request.messages),
            prompt_tokens=read,
            is_streamed=chat_request.is_streamed and behaviour.is_streaming,
            wants_usage=chat_request.wants_usage,
            on_end=self._billed(on_end, chat_request.model, read, behaviour),
        )

    def _take_behaviour(self, model: str) -> Behaviour:
        changes = self._next.popleft() if self._next else {}
        changes = {**changes, **self._by_model.get(model, {})}
        return self.behaviour.changed(changes) if changes else self.behaviour

    def _billed(self, on_end: OnEnd, model: str, prompt_tokens: int, behaviour: Behaviour) -> OnEnd:
        """`on_end`, and what the call really took is put on the bill, whatever it said itself."""
        bill = self.bill

        def ended(outcome: CallOutcome, completion_tokens: int) -> None:
            on_end(outcome, completion_tokens)
            bill.add(
                model,
                prompt_tokens=prompt_tokens,
                cached_tokens=behaviour.usage_cached_tokens or 0,
                completion_tokens=completion_tokens,
            )

        return ended

    def _count(self, chat_request: ChatRequest) -> OnEnd:
        """Record a call, and return a callback for its outcome; a reset discards both."""
        self.calls.append(chat_request)
        counts = self._counts
        counts["received"] += 1

        def on_end(outcome: CallOutcome, _tokens: int) -> None:
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
