"""Which kind of caller somebody is, as budgets and the log have it."""

from gql.documents.variants import COMPANY, NOBODY, OPS, PERSON
from services.principal import ApiClient, Person, Principal


def kind_of_caller(principal: Principal) -> str:
    """Nobody, a person, a person with the `ops` role, or a company."""
    if isinstance(principal, Person):
        return OPS if principal.is_operator else PERSON
    return COMPANY if isinstance(principal, ApiClient) else NOBODY
