"""A cache of verified tokens, so that the signature of a busy client is checked once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from services.callers.principal import Person, Principal

KEPT_SECONDS = 300
"""How long a token is cached; then it is verified again, as its key may have been withdrawn."""
_MOST_TOKENS = 10_000
_LONGEST_TOKEN = 2_048


class Identity(NamedTuple):
    """The caller, and when its credential expires (Unix seconds), if it does."""

    principal: Principal
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """Whose token it is, and when it expires (Unix seconds)."""

    person: Person
    expires_at: float
    identity: Identity = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Make the identity once for all requests with the token."""
        object.__setattr__(self, "identity", Identity(self.person, self.expires_at))


class VerifiedTokens:
    """The claims of verified tokens until they expire; the oldest are evicted first.

    Only accepted tokens are cached, so that nobody without one can fill it.
    """

    def __init__(self) -> None:
        self._claims_by_token: dict[str, tuple[float, Claims]] = {}
        self.get: Callable[[str, tuple[float, Claims | None]], tuple[float, Claims | None]]
        self.get = self._claims_by_token.get
        """Looks up a token: until when it is cached, and its claims."""

    def claims(self, token: str, now: float) -> Claims | None:
        """The claims of a token that is cached at `now`, in Unix seconds."""
        cached = self._claims_by_token.get(token)
        if cached is None:
            return None
        until, claims = cached
        if until > now:
            return claims
        del self._claims_by_token[token]
        return None

    def keep(self, token: str, claims: Claims, now: float) -> None:
        """Cache a token that was verified at `now`."""
        if len(token) > _LONGEST_TOKEN:
            return
        if len(self._claims_by_token) >= _MOST_TOKENS:
            del self._claims_by_token[next(iter(self._claims_by_token))]
        self._claims_by_token[token] = min(claims.expires_at, now + KEPT_SECONDS), claims
