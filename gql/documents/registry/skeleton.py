"""A key of a document's text that does not depend on its literal values, found without parsing."""

import re

MAX_TEXT_LENGTH = 10_000
"""Characters of a text that has a skeleton; long values are expected in variables."""
# An unterminated string ends with its line or the text, so that each character is read once.
_STRING_OR_COMMENT = r'"""(?:\\"""|[^"]|"(?!""))*(?:"""|\Z)|"(?:\\.|[^"\\\n\r])*"?|#[^\n\r]*'
_STRINGS_AND_COMMENTS = re.compile(_STRING_OR_COMMENT)
# Labels of @defer and @stream are names like aliases, and cannot be variables.
_LABEL_OR_WORDS = re.compile(rf'\blabel\s*:\s*"[^"\\\n\r]*"|({_STRING_OR_COMMENT})')
_ARGUMENTS = re.compile(r"\([^()]*\)")
_MAX_NESTING = 3
"""Nesting of parentheses: a variable may have a directive with arguments."""
_TOKENS = re.compile(r"\w+|[^\s\w,]")


def skeleton(text: str) -> str | None:
    """The sorted tokens of a text, without strings, comments, and what is in parentheses.

    Texts that differ only in their values have the same skeleton. None if the text is too long.
    """
    if len(text) > MAX_TEXT_LENGTH:
        return None
    bare = _STRINGS_AND_COMMENTS.sub(" ", text)
    for _ in range(_MAX_NESTING):
        bare = _ARGUMENTS.sub(" ", bare)
    return " ".join(sorted(_TOKENS.findall(bare)))


def has_free_text(text: str) -> bool:
    """Whether a text has strings or comments, which may contain personal data."""
    return any(found[1] for found in _LABEL_OR_WORDS.finditer(text))
