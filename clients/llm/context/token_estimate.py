"""Estimating how many tokens a model makes of a text, learned from the counts that it reports.

Tokenizers differ in what they make of ASCII and of everything else, so each has a weight of its
own. A count corrects both by normalised least mean squares (Widrow and Hoff, 1960).
"""

from collections.abc import Sequence

from clients.llm import PromptMessage

TOKENS_PER_MESSAGE = 4
"""What the frame of a message takes, about."""
ASCII_TOKENS, OTHER_TOKENS = 0.3, 0.5
"""Tokens a byte of UTF-8 before anything is learned: rather too many."""
_LEAST, _MOST = 0.01, 2.0
_STEP = 0.5
_MARGIN = 1.1
_PLAUSIBLE = 100
"""A count this many times smaller or larger than the estimate is a mistake, and teaches nothing."""


class TokenEstimate:
    """The estimate for one model."""

    def __init__(self) -> None:
        self._ascii, self._other = ASCII_TOKENS, OTHER_TOKENS

    def of(self, messages: Sequence[PromptMessage]) -> int:
        """The tokens of the messages, with a margin of a tenth."""
        return sum(self.of_text(one.content) for one in messages)

    def of_text(self, text: str) -> int:
        """The tokens of one message, with the margin."""
        return TOKENS_PER_MESSAGE + round(self._expected(*_sizes(text)) * _MARGIN)

    def learn(self, messages: Sequence[PromptMessage], tokens: int) -> None:
        """Correct the estimate by the count that the model reported for the messages."""
        sizes = [_sizes(one.content) for one in messages]
        in_ascii, in_other = sum(one for one, _ in sizes), sum(other for _, other in sizes)
        square = in_ascii**2 + in_other**2
        expected = self._expected(in_ascii, in_other)
        counted = tokens - TOKENS_PER_MESSAGE * len(messages)
        if not square or not expected / _PLAUSIBLE < counted < expected * _PLAUSIBLE:
            return
        step = _STEP * (counted - expected) / square
        self._ascii = _bounded(self._ascii + step * in_ascii)
        self._other = _bounded(self._other + step * in_other)

    def _expected(self, in_ascii: int, in_other: int) -> float:
        return self._ascii * in_ascii + self._other * in_other


def _sizes(text: str) -> tuple[int, int]:
    """The bytes of UTF-8 that are ASCII, and those that are not."""
    if text.isascii():
        return len(text), 0
    in_ascii = len(text.encode("ascii", "ignore"))
    return in_ascii, len(text.encode(errors="replace")) - in_ascii


def _bounded(weight: float) -> float:
    return min(max(weight, _LEAST), _MOST)
