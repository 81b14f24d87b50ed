"""Checks that names of a schema are identifiers before they become part of generated code."""


class NotCompiled(Exception):
    """The operation needs something that only graphql-core's executor can do."""


def is_identifier(text: object) -> bool:
    """Whether `text` is an ASCII identifier."""
    return isinstance(text, str) and text.isascii() and text.isidentifier()


def checked_identifier(name: str) -> str:
    """The name, if it is an identifier; raises `NotCompiled` if it is not."""
    if not is_identifier(name):
        raise NotCompiled
    return name
