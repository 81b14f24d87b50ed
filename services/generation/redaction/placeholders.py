"""Replacing identifiers by placeholders, and restoring them in a reply as it arrives."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.generation.redaction.identifiers import IdentifierKind, identifiers_in

_PLACEHOLDER_PATTERN = re.compile(
    rf"\[(?:{'|'.join(kind.value for kind in IdentifierKind)})_[0-9]+\]"
)


@dataclass(frozen=True, slots=True)
class Placeholders:
    """The original texts by their placeholders."""

    originals: Mapping[str, str]

    def restorer(self) -> "Restorer":
        """A new `Restorer` for one text."""
        return Restorer(self.originals)


class Restorer:
    """Restores the originals in a text that arrives in pieces.

    Text is returned at once, except for an end that may be the start of a placeholder. Text that
    only looks like a placeholder is left unchanged.
    """

    def __init__(self, originals: Mapping[str, str]) -> None:
        self._originals = originals
        self._pending = ""
        alternatives = "|".join(re.escape(placeholder) for placeholder in originals)
        # Without placeholders the pattern matches nothing.
        self._placeholder = re.compile(alternatives or r"(?!)")

    def feed(self, piece: str) -> str:
        """Take the next piece, and return the text that is complete by now, which may be empty."""
        text = self._pending + piece
        # Every placeholder begins with a bracket, and contains no other.
        last = text.rfind("[")
        tail = text[last:] if last >= 0 else ""
        is_partial = bool(tail) and any(
            placeholder.startswith(tail) and placeholder != tail for placeholder in self._originals
        )
        self._pending = tail if is_partial else ""
        return self._restore(text[:last] if is_partial else text)

    def end(self) -> str:
        """Return the rest, after the last piece."""
        pending, self._pending = self._pending, ""
        return pending

    def _restore(self, text: str) -> str:
        return self._placeholder.sub(lambda found: self._originals[found.group()], text)


def redact(texts: Sequence[str]) -> tuple[tuple[str, ...], Placeholders]:
    """Replace the identifiers of all texts by placeholders such as `[EMAIL_1]`.

    The same original has the same placeholder in all texts. Placeholders that a text already
    contains are not used, so restoring never changes what somebody wrote.
    """
    placeholder_names = _PlaceholderNames(texts)
    redacted = tuple(_redacted(text, placeholder_names) for text in texts)
    return redacted, Placeholders(
        {name: original for original, name in placeholder_names.names.items()}
    )


class _PlaceholderNames:
    """Assigns a placeholder to each original."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.names: dict[str, str] = {}
        self._taken = {found for text in texts for found in _PLACEHOLDER_PATTERN.findall(text)}
        self._numbers: Counter[IdentifierKind] = Counter()

    def name(self, kind: IdentifierKind, original: str) -> str:
        if original not in self.names:
            self.names[original] = self._free_name(kind)
        return self.names[original]

    def _free_name(self, kind: IdentifierKind) -> str:
        while True:
            self._numbers[kind] += 1
            name = f"[{kind.value}_{self._numbers[kind]}]"
            if name not in self._taken:
                return name


def _redacted(text: str, placeholder_names: _PlaceholderNames) -> str:
    parts = []
    position = 0
    for one in identifiers_in(text):
        parts += [
            text[position : one.start],
            placeholder_names.name(one.kind, text[one.start : one.end]),
        ]
        position = one.end
    return "".join([*parts, text[position:]])
