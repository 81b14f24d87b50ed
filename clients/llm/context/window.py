"""A model's context window: which messages of a prompt it has room for."""

from collections.abc import Callable, Sequence
from math import inf
from time import monotonic

from clients.llm import FailureReason, GenerationFailed, PromptMessage
from clients.llm.context.token_estimate import TokenEstimate

_LESS = 0.9
"""How much of a prompt that was refused the next may have."""
_LEAST = 0.5
"""How much of the configured room refused prompts leave to others."""
REMEMBERED_SECONDS = 600.0
"""How long a refusal counts: it may have been a mistake."""


class TokenWindow:
    """The window of one model in this process, of `context_tokens` of which replies take some.

    What the model reports corrects the count of tokens, and what it refuses the window's size.
    `seconds` is a monotonic clock.
    """

    def __init__(
        self,
        context_tokens: int,
        reply_tokens: int,
        *,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._configured_room = float(context_tokens - reply_tokens)
        self._refused_room = self._configured_room
        self._refused_until = 0.0
        self._estimate = TokenEstimate()
        self._seconds = seconds

    @property
    def room(self) -> float:
        """For how many tokens of a prompt there is room, as far as is known."""
        is_refused = self._seconds() < self._refused_until
        return self._refused_room if is_refused else self._configured_room

    def has_room(self, messages: Sequence[PromptMessage]) -> bool:
        """Whether there is room for those messages that may not be left out."""
        return self._estimate.of([one for one in messages if not one.is_optional]) <= self.room

    def fitted(
        self, messages: Sequence[PromptMessage], *, most: float = inf
    ) -> tuple[PromptMessage, ...]:
        """The messages for which there is room, and for `most` tokens: of the optional the newest.

        Raises `GenerationFailed` where there is no room for the others.
        """
        sizes = [self._estimate.of_text(one.content) for one in messages]
        excess = sum(sizes) - min(self.room, most)
        kept = []
        for message, size in zip(messages, sizes, strict=True):
            if excess > 0 and message.is_optional:
                excess -= size
            else:
                kept.append(message)
        if excess > 0:
            raise GenerationFailed(FailureReason.CONTEXT_TOO_LONG)
        return tuple(kept)

    def learn(self, messages: Sequence[PromptMessage], tokens: int) -> None:
        """Take in how many tokens the model counted in a prompt."""
        self._estimate.learn(messages, tokens)

    def refuse(self, messages: Sequence[PromptMessage]) -> float:
        """Take in that a prompt was too long for the model; teaches nothing if it was minimal.

        Returns how many tokens the same prompt may have next. Others keep half of the room: one
        whose tokens are estimated badly is not to shorten theirs to nothing.
        """
        if not any(one.is_optional for one in messages):
            return self.room
        shorter = min(self.room, self._estimate.of(messages) * _LESS)
        self._refused_room = max(shorter, self._configured_room * _LEAST)
        self._refused_until = self._seconds() + REMEMBERED_SECONDS
        return shorter
