"""The caller of a request: a person, a company's API client, or nobody known."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in person."""

    user_id: int
    roles: frozenset[str] = frozenset()

    @property
    def is_operator(self) -> bool:
        """Whether the person may read the data that operators see."""
        return "ops" in self.roles


@dataclass(frozen=True, slots=True)
class ApiClient:
    """A company's server, identified by its API key."""

    account_id: int
    credential_id: int


@dataclass(frozen=True, slots=True)
class Anonymous:
    """A caller without a credential; `address` is their network address if it is known."""

    address: str | None = None


Principal: TypeAlias = Person | ApiClient | Anonymous
ANONYMOUS = Anonymous()
