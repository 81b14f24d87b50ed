"""Request headers that authenticate the gate's callers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.authentication.tokens import issue_token
from services.callers.principal import ApiClient, Person, Principal
from services.clock import system_clock

_DAY_SECONDS = 86_400


class CredentialMissing(Exception):
    """There is no token or API key for a caller; the message says which option is missing."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The secret that signs tokens, and the API keys of companies by account id.

    Given `tokens` are used instead of signed ones.
    """

    secret: str
    keys: Mapping[int, str]
    tokens: dict[Person, str] = field(default_factory=dict)

    def headers(self, principal: Principal) -> dict[str, str]:
        """The headers of a caller; raises `CredentialMissing`."""
        if isinstance(principal, Person):
            return {"authorization": f"Bearer {self._token(principal)}"}
        if isinstance(principal, ApiClient):
            if principal.account_id not in self.keys:
                raise CredentialMissing("it is a company's, and there is no --api-key")
            return {"x-api-key": self.keys[principal.account_id]}
        return {}

    def _token(self, person: Person) -> str:
        """The token of a person, which stays the same as for a real client."""
        if person not in self.tokens and not self.secret:
            whose = "an operator's" if person.roles else "a person's"
            raise CredentialMissing(f"it is {whose}, and there is no --token of one")
        if person not in self.tokens:
            self.tokens[person] = issue_token(
                self.secret,
                user_id=person.user_id,
                roles=tuple(person.roles),
                ttl_seconds=_DAY_SECONDS,
                now=system_clock(),
            )
        return self.tokens[person]
