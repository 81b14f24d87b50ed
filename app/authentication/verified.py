"""Tokens that were verified a moment ago, so that a busy client's signature is checked once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from services.principal import Person, Principal

KEPT_SECONDS = 300
"""After which a token is verified again, should its key have been withdrawn."""
_MOST_TOKENS = 10_000
_LONGEST_TOKEN = 2_048


class Identity(NamedTuple):
    """The caller, and when the credential ends (Unix seconds) that says so."""

    principal: Principal
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """Whose token it is, and when it ends (Unix seconds)."""

    person: Person
    expires_at: float
    identity: Identity = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Say once what each request with the token is told."""
        object.__setattr__(self, "identity", Identity(self.person, self.expires_at))


class VerifiedTokens:
    """The claims of verified tokens, until they end; the oldest are forgotten first.

    Only what was accepted is kept, so that nobody without a token can fill it.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Claims]] = {}
        self.kept: Callable[[str, tuple[float, Claims | None]], tuple[float, Claims | None]]
        self.kept = self._kept.get
        """Until when a token is good that was accepted, and its claims."""

    def claims(self, token: str, now: float) -> Claims | None:
        """The claims of a token that is still good at `now`, Unix seconds."""
        kept = self._kept.get(token)
        if kept is None:
            return None
        until, claims = kept
        if until > now:
            return claims
        del self._kept[token]
        return None

    def keep(self, token: str, claims: Claims, now: float) -> None:
        """Remember a token that was verified at `now`."""
        if len(token) > _LONGEST_TOKEN:
            return
        if len(self._kept) >= _MOST_TOKENS:
            del self._kept[next(iter(self._kept))]
        self._kept[token] = min(claims.expires_at, now + KEPT_SECONDS), claims
