"""What the registry of trusted documents knows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegisteredDocument:
    """A document that is served by its ids; `name` is that of its only operation.

    `publishers` are the clients that have it, in order. It must be valid while it is active.
    """

    id: str
    name: str
    text: str
    publishers: tuple[str, ...]
    other_ids: tuple[str, ...] = ()
    is_active: bool = True
