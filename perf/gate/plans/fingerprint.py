"""Normalise SQL, so that statements that differ only in their values are equal."""

import re

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_VALUE = re.compile(r"'(?:[^']|'')*'|\$\d+|\b\d+(?:\.\d+)?\b")
_VALUES = re.compile(r"\?(?:\s*,\s*\?)+")
_SPACE = re.compile(r"\s+")


def fingerprint(sql: str) -> str:
    """The statement on one line, without comments, each value and list of values a `?`."""
    text = _VALUE.sub("?", _COMMENT.sub(" ", sql))
    return _SPACE.sub(" ", _VALUES.sub("?", text)).strip()
