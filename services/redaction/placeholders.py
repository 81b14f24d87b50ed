"""Placeholders in place of identifiers, and the identifiers back in a reply as it arrives."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.redaction.identifiers import Kind, identifiers_in

_LOOKS_LIKE_ONE = re.compile(rf"\[(?:{'|'.join(kind.value for kind in Kind)})_[0-9]+\]")


@dataclass(frozen=True, slots=True)
class Placeholders:
    """The originals by the placeholders that took their place."""

    originals: Mapping[str, str]

    def restorer(self) -> "Restorer":
        """What puts the originals back into one text."""
        return Restorer(self.originals)


class Restorer:
    """Puts originals back into a text that comes in pieces.

    It gives everything at once, but for an end that may be the beginning of a placeholder. What
    only looks like a placeholder is left as it is.
    """

    def __init__(self, originals: Mapping[str, str]) -> None:
        self._originals = originals
        self._held = ""
        alternatives = "|".join(re.escape(placeholder) for placeholder in originals)
        # Without placeholders the pattern matches nothing.
        self._placeholder = re.compile(alternatives or r"(?!)")

    def feed(self, piece: str) -> str:
        """Take the next piece, and give what is certain by now; it may be empty."""
        text = self._held + piece
        # Every placeholder begins with a bracket, and has no other.
        last = text.rfind("[")
        begun = text[last:] if last >= 0 else ""
        is_open = bool(begun) and any(
            placeholder.startswith(begun) and placeholder != begun
            for placeholder in self._originals
        )
        self._held = begun if is_open else ""
        return self._restore(text[:last] if is_open else text)

    def end(self) -> str:
        """Give what was held back: nothing follows."""
        held, self._held = self._held, ""
        return held

    def _restore(self, text: str) -> str:
        return self._placeholder.sub(lambda found: self._originals[found.group()], text)


def redact(texts: Sequence[str]) -> tuple[tuple[str, ...], Placeholders]:
    """Replace the identifiers of all texts by placeholders such as `[EMAIL_1]`.

    The same original has the same placeholder in all of them. Placeholders are never what a text
    already contains, so that restoring changes nothing that somebody wrote.
    """
    naming = _Naming(texts)
    redacted = tuple(_redacted(text, naming) for text in texts)
    return redacted, Placeholders({name: original for original, name in naming.names.items()})


class _Naming:
    """Gives each original its placeholder."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.names: dict[str, str] = {}
        self._taken = {found for text in texts for found in _LOOKS_LIKE_ONE.findall(text)}
        self._numbers: Counter[Kind] = Counter()

    def name(self, kind: Kind, original: str) -> str:
        if original not in self.names:
            self.names[original] = self._free_name(kind)
        return self.names[original]

    def _free_name(self, kind: Kind) -> str:
        while True:
            self._numbers[kind] += 1
            name = f"[{kind.value}_{self._numbers[kind]}]"
            if name not in self._taken:
                return name


def _redacted(text: str, naming: _Naming) -> str:
    parts = []
    position = 0
    for one in identifiers_in(text):
        parts += [text[position : one.start], naming.name(one.kind, text[one.start : one.end])]
        position = one.end
    return "".join([*parts, text[position:]])
