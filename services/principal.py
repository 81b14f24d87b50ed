"""Who is asking."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in person."""

    user_id: int
    roles: frozenset[str] = frozenset()

    @property
    def is_operator(self) -> bool:
        """Whether the person may see operations data."""
        return "ops" in self.roles


@dataclass(frozen=True, slots=True)
class ApiClient:
    """A company's server, known by its API key."""

    account_id: int
    credential_id: int


@dataclass(frozen=True, slots=True)
class Anonymous:
    """A caller who presented no credential, at a network address where one is known."""

    address: str | None = None


Principal: TypeAlias = Person | ApiClient | Anonymous
ANONYMOUS = Anonymous()
