"""Which names of a schema may stand in generated code as they are."""


class NotCompiled(Exception):
    """The operation has something that only graphql-core's executor does."""


def is_name(text: object) -> bool:
    """Whether `text` may stand in code as a name."""
    return isinstance(text, str) and text.isascii() and text.isidentifier()


def checked_name(name: str) -> str:
    """The name, which may stand in code; raises `NotCompiled` for any other."""
    if not is_name(name):
        raise NotCompiled
    return name
