"""Callers whose operations cost something, and servers with budgets for them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.fixtures.servers.server import Api, issue_key, serving, settings_for, token_of
from tests.fixtures.stores.world import ADA, GRACES_COMPANY

COMPANY = "query Company { enterpriseAccount { companyName usage { dailyUsed } } }"
"""Costs 2."""
PLANS = "{ plans { code } }"
BUDGET = {
    "graphql_max_cost": 20,
    "graphql_key_budget": 20,
    "graphql_key_restore_rate": 4,
    "graphql_person_budget": 40,
    "graphql_person_restore_rate": 4,
}


class Caller:
    """Somebody who asks and looks at the whole answer."""

    def __init__(self, api: Api, **headers: str) -> None:
        self.api = api
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    # Any: JSON.
    def ask(self, document: str, variables: Any = None, **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.api.http.post(
            "/graphql",
            json={"query": document, "variables": variables},
            headers=self.headers | named,
        )


# Any: settings have values of many types.
@contextmanager
def server(url: str, folder: Path, **settings: Any) -> Iterator[Api]:
    with serving(settings_for(url, folder, **settings)) as api:
        yield api


def client(api: Api, world: str, company: int = GRACES_COMPANY) -> Caller:
    return Caller(api, x_api_key=issue_key(world, company))


def person(api: Api, user: int = ADA) -> Caller:
    return Caller(api, authorization=f"Bearer {token_of(user)}")


def fields(value: str) -> tuple[str, dict[str, int]]:
    """A structured field (RFC 9651) of one string with integer parameters."""
    match = re.fullmatch(r'"([ !#-\[\]-~]*)"((?:;[a-z*][a-z0-9_.*-]*=-?\d{1,15})*)', value)
    assert match, value
    parameters = dict(one.split("=") for one in match[2].split(";")[1:])
    return match[1], {name: int(number) for name, number in parameters.items()}
