"""The caller of a request: a person, a company's API client, a router, or nobody known."""

from dataclasses import dataclass, field, replace
from typing import TypeAlias

from db.row import Row


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
    """A company's server, identified by its API key.

    `account` is the company as it was when the key was checked, at the beginning of each operation;
    None where that may be long ago.
    """

    account_id: int
    credential_id: int
    account: Row | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Anonymous:
    """A caller without a credential; `address` is their network address if it is known."""

    address: str | None = None


@dataclass(frozen=True, slots=True)
class Router:
    """A supergraph's router that asks for nobody in particular; `name` is derived from its key."""

    name: str

    @property
    def address(self) -> None:
        """It has none of its own: all of its callers come from where it is."""
        return None


Principal: TypeAlias = Person | ApiClient | Anonymous | Router
ANONYMOUS = Anonymous()


def for_later(principal: Principal) -> Principal:
    """The caller of what happens long after their credential was checked."""
    return replace(principal, account=None) if isinstance(principal, ApiClient) else principal
