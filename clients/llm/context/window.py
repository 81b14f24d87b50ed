"""A model's context window: which messages of a prompt it has room for."""

from collections.abc import Sequence

from clients.llm import FailureReason, GenerationFailed, PromptMessage
from clients.llm.context.token_estimate import TokenEstimate

_LESS = 0.9
"""How much of a prompt that was refused the next may have."""


class TokenWindow:
    """The window of one model in this process, of `context_tokens` of which replies take some.

    What the model reports and refuses corrects both the count of tokens and the window's size.
    """

    def __init__(self, context_tokens: int, reply_tokens: int) -> None:
        self.context_tokens = context_tokens
        self._room = float(context_tokens - reply_tokens)
        self._estimate = TokenEstimate()

    def has_room(self, messages: Sequence[PromptMessage]) -> bool:
        """Whether there is room for those messages that may not be left out."""
        return self._estimate.of([one for one in messages if not one.is_optional]) <= self._room

    def fitted(self, messages: Sequence[PromptMessage]) -> tuple[PromptMessage, ...]:
        """The messages for which there is room: of the optional ones the newest.

        Raises `GenerationFailed` where there is no room for the others.
        """
        sizes = [self._estimate.of_text(one.content) for one in messages]
        excess = sum(sizes) - self._room
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

    def refuse(self, messages: Sequence[PromptMessage]) -> None:
        """Take in that a prompt was too long for the model."""
        self._room = min(self._room, self._estimate.of(messages) * _LESS)
