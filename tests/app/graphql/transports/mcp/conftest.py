"""A server with tools, and what its clients have published."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.fixtures.servers.documents import publish
from tests.fixtures.servers.server import Api, serving, settings_for
from tests.fixtures.servers.tools import mark
from tests.fixtures.stores.postgres import new_database

AGENT, OTHER = "agent", "other"
TITLES = '''"""
The titles of my conversations,\u202e newest first.\x07
"""
query Titles("How many." $first: Int! = 5) {
  viewer { conversations(first: $first) { edges { node { id title } } } }
}'''
PLANS = "query Plans { plans { code } }"
RENAME = """mutation Rename($input: RenameConversationInput!) {
  renameConversation(input: $input) { conversation { title } userErrors { code message } } }"""
START = """mutation Start($input: StartConversationInput!) {
  startConversation(input: $input) { conversation { id } userErrors { code } } }"""
COMPANY = "query Company { enterpriseAccount { companyName } }"
HIDDEN = "query Hidden { viewer { id } }"
LONG = '"""\n' + "x" * 5_000 + '\n"""\nquery Long { viewer { id } }'
TWICE, TWICE_TOO = "query Twice { viewer { id } }", "query Twice { viewer { email } }"
LIMITED = {
    "Cheap": (TITLES.replace("Titles", "Cheap"), {"cost_per_call": 20}),
    "Tiny": (COMPANY.replace("Company", "Tiny"), {"bytes_per_call": 10}),
    "Done": (START.replace("mutation Start", "mutation Done"), {"bytes_per_call": 30}),
    "Daily": ("query Daily { viewer { id } }", {"bytes_per_call": 100, "bytes_per_day": 250}),
    "Rush": ("query Rush { viewer { id } }", {"ms_per_call": 10_000, "ms_per_day": 30_000}),
    "Slow": ("query Slow { plans { code } }", {"ms_per_call": 200}),
    "Passing": ("query Passing { viewer { id } }", {}),
    "Version": ("query Version { viewer { id } }", {}),
}
"""With limits other than the usual."""
LONG_NAME = f"query L{'o' * 80}ng {{ viewer {{ id }} }}"


@dataclass(frozen=True, slots=True)
class Tools:
    """The server, and the database in which tools are marked."""

    api: Api
    database_url: str


@pytest.fixture(scope="module")
def tools(
    postgres: str, world_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tools]:
    """The server, of which every published operation but `Hidden` is a tool."""
    with new_database(postgres, world_template) as url:
        own = (TITLES, PLANS, RENAME, START, COMPANY, HIDDEN, LONG, TWICE, LONG_NAME)
        publish(url, AGENT, *own, *(text for text, _ in LIMITED.values()))
        publish(url, OTHER, TWICE_TOO)
        for name in ("Titles", "Plans", "Rename", "Start", "Company", "Long", "Twice"):
            mark(url, AGENT, name)
        for name, (_, limits) in LIMITED.items():
            mark(url, AGENT, name, **limits)
        mark(url, AGENT, f"L{'o' * 80}ng")
        mark(url, OTHER, "Twice")
        settings = settings_for(
            url,
            tmp_path_factory.mktemp("data"),
            serve_runs_worker=False,
            graphql_operations_mode="trusted",
            mcp_enabled=True,
            graphql_trace_share=1.0,
            mcp_url="https://api.example/mcp",
            mcp_authorization_servers="https://id.example",
        )
        with serving(settings) as api:
            yield Tools(api, url)
