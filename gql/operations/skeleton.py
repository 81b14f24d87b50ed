"""What stays the same in a document's text when its values change, found without parsing."""

import re

LONGEST = 10_000
"""Characters of a text that is looked at; longer values come as variables."""
# What does not end, ends with its line or with the text, so that each character is read once.
_STRINGS_AND_COMMENTS = re.compile(
    r'"""(?:\\"""|[^"]|"(?!""))*(?:"""|\Z)|"(?:\\.|[^"\\\n\r])*"?|#[^\n\r]*'
)
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
