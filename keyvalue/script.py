"""A program that Redis carries out in one step."""

from hashlib import sha1


class Script:
    """A Lua script, known to Redis by the hash of its text."""

    __slots__ = ("digest", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = sha1(text.encode(), usedforsecurity=False).hexdigest()
