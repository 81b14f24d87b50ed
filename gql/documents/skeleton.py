"""What stays the same in a document's text when its values change, found without parsing."""

import re

LONGEST = 10_000
"""Characters of a text that is looked at; longer values come as variables."""
# What does not end, ends with its line or with the text, so that each character is read once.
_STRING_OR_COMMENT = r'"""(?:\\"""|[^"]|"(?!""))*(?:"""|\Z)|"(?:\\.|[^"\\\n\r])*"?|#[^\n\r]*'
_STRINGS_AND_COMMENTS = re.compile(_STRING_OR_COMMENT)
# The labels of @defer and @stream are names, as aliases are, and may not be variables.
_LABEL_OR_WORDS = re.compile(rf'\blabel\s*:\s*"[^"\\\n\r]*"|({_STRING_OR_COMMENT})')
_ARGUMENTS = re.compile(r"\([^()]*\)")
_DEEPEST_ARGUMENTS = 3
"""Variables have arguments in them where directives of theirs have."""
_TOKENS = re.compile(r"\w+|[^\s\w,]")


def skeleton(text: str) -> str | None:
    """The tokens of a text, without strings, comments and what is in parentheses, in no order.

    Texts that differ in nothing but their values have the same. None for one that is too long.
    """
    if len(text) > LONGEST:
        return None
    bare = _STRINGS_AND_COMMENTS.sub(" ", text)
    for _ in range(_DEEPEST_ARGUMENTS):
        bare = _ARGUMENTS.sub(" ", bare)
    return " ".join(sorted(_TOKENS.findall(bare)))


def has_free_text(text: str) -> bool:
    """Whether there are strings or comments in a text, which may say something of somebody."""
    return any(found[1] for found in _LABEL_OR_WORDS.finditer(text))
