"""Invoices: their owner sees them, a company's administrator sees the company's, nobody else."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from db.database import open_database
from gql.values.ids import global_id
from services.invoicing.book import company_invoices, people_invoices
from services.invoicing.links import LIFETIME
from tests.fixtures.servers.server import Api, issue_key, serving, settings_for
from tests.fixtures.stores.postgres import new_database
from tests.fixtures.stores.world import ADA, ADAS_COMPANY, GRACE, NOW
from tests.services.invoicing.drafts import SELLER, draft

FIELDS = """
  id number status currency subtotalCents taxCents totalCents issuedAt
  lines { kind description quantity amountCents periodStart periodEnd }
  creditNoteFor { number }
"""
MINE = f"""query ($first: Int, $after: String) {{
  viewer {{ invoices(first: $first, after: $after) {{
    edges {{ cursor node {{ {FIELDS} }} }} pageInfo {{ hasNextPage endCursor }}
  }} }}
}}"""
OURS = """{ enterpriseAccount {
  invoices { edges { node { id number lines { amountCents } pdfUrl } } }
} }"""
NODE = "query ($id: ID!) { node(id: $id) { ... on Invoice { number totalCents pdfUrl } } }"


@dataclass
class Counter:
    """A server with invoices, and its clock."""

    api: Api
    clock: "Clock"
    api_key: str

    def link(self, id_: str, viewer: int = ADA) -> str:
        """Where an invoice can be downloaded."""
        return str(self.api.data(NODE, {"id": id_}, viewer=viewer)["node"]["pdfUrl"])


@dataclass
class Clock:
    """A clock that is set."""

    now: datetime = field(default=NOW)

    def __call__(self) -> datetime:
        return self.now


async def issue(url: str) -> None:
    """Two invoices and a credit note of Ada's, one of Grace's, and one of Ada's company."""
    people, companies = people_invoices(SELLER), company_invoices(SELLER)
    async with open_database(url, replica_url=None, pool_size=1, observe=None) as database:
        for owner, source in ((ADA, "payment:1"), (ADA, "payment:2"), (GRACE, "payment:3")):
            async with database.begin() as transaction:
                order = draft(source, 1_190, tax_cents=190)
                await people.issue(transaction, owner, order, NOW)
        async with database.begin() as transaction:
            order = draft("refund:1", -595, tax_cents=-95)
            await people.credit(transaction, ADA, "payment:1", order, NOW)
        async with database.begin() as transaction:
            await companies.issue(transaction, ADAS_COMPANY, draft("period:1", 2_000), NOW)


@pytest.fixture(scope="module")
def counter(
    postgres: str, world_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Counter]:
    with new_database(postgres, world_template) as url:
        asyncio.run(issue(url))
        clock = Clock()
        folder: Path = tmp_path_factory.mktemp("data")
        with serving(settings_for(url, folder), clock=clock) as api:
            yield Counter(api, clock, issue_key(url, ADAS_COMPANY))


# Any: pages are JSON.
def page(counter: Counter, viewer: int, **variables: Any) -> dict[str, Any]:
    found: dict[str, Any] = counter.api.data(MINE, variables, viewer=viewer)["viewer"]["invoices"]
    return found


def test_a_person_sees_their_invoices_newest_first_with_their_lines(counter: Counter) -> None:
    nodes = [edge["node"] for edge in page(counter, ADA)["edges"]]
    assert [node["number"] for node in nodes] == [
        "CN-2026-000001",
        "INV-2026-000002",
        "INV-2026-000001",
    ]
    note, _, first = nodes
    assert first | {"id": None} == {
        "id": None,
        "number": "INV-2026-000001",
        "status": "PAID",
        "currency": "EUR",
        "subtotalCents": 1_000,
        "taxCents": 190,
        "totalCents": 1_190,
        "issuedAt": "2026-02-20T09:30:00Z",
        "lines": [
            {
                "kind": "PERIOD",
                "description": "Basic Entry",
                "quantity": 1,
                "amountCents": 1_000,
                "periodStart": "2026-11-01T00:00:00Z",
                "periodEnd": "2026-12-01T00:00:00Z",
            }
        ],
        "creditNoteFor": None,
    }
    assert note["creditNoteFor"] == {"number": "INV-2026-000001"}
    assert [note["subtotalCents"], note["taxCents"], note["totalCents"]] == [-500, -95, -595]
    assert [line["kind"] for line in note["lines"]] == ["CREDIT"]


def test_pages_follow_each_other(counter: Counter) -> None:
    first = page(counter, ADA, first=2)
    assert first["pageInfo"]["hasNextPage"]
    second = page(counter, ADA, first=2, after=first["pageInfo"]["endCursor"])
    assert [edge["node"]["number"] for edge in second["edges"]] == ["INV-2026-000001"]
    assert not second["pageInfo"]["hasNextPage"]


def test_nobody_sees_anothers_invoices(counter: Counter) -> None:
    edge, _of_the_world = page(counter, GRACE)["edges"]
    assert edge["node"]["number"] == "INV-2026-000003"
    graces = {"id": edge["node"]["id"]}
    assert counter.api.data(NODE, graces, viewer=GRACE)["node"]["totalCents"] == 1_190
    assert counter.api.data(NODE, graces, viewer=ADA) == {"node": None}
    assert counter.api.data(NODE, graces) == {"node": None}


def test_only_the_administrator_sees_a_companys_invoices(counter: Counter) -> None:
    account = counter.api.data(OURS, viewer=ADA)["enterpriseAccount"]
    (edge,) = account["invoices"]["edges"]
    assert edge["node"]["lines"] == [{"amountCents": 2_000}]
    ours = {"id": edge["node"]["id"]}
    assert counter.api.data(NODE, ours, viewer=ADA)["node"]["number"] == edge["node"]["number"]
    assert counter.api.data(NODE, ours, viewer=GRACE) == {"node": None}
    (graces,) = counter.api.data(OURS, viewer=GRACE).values()
    assert graces == {"invoices": {"edges": []}}


def test_a_key_sees_no_invoices(counter: Counter) -> None:
    account = counter.api.data(OURS, api_key=counter.api_key)["enterpriseAccount"]
    assert account == {"invoices": None}


def test_a_link_gives_the_same_pdf_for_an_hour(counter: Counter) -> None:
    edges = page(counter, ADA)["edges"]
    link = counter.link(edges[0]["node"]["id"])
    assert link.startswith("/invoices/")
    first, second = (counter.api.http.get(link) for _ in range(2))
    assert (first.status_code, first.headers["content-type"]) == (200, "application/pdf")
    assert first.headers["content-disposition"] == 'attachment; filename="CN-2026-000001.pdf"'
    assert first.headers["cache-control"] == "no-store"
    assert first.content == second.content
    text = PdfReader(BytesIO(first.content)).pages[0].extract_text()
    for printed in ("Credit note", "1 Long Lane", "ada@example.com", "INV-2026-000001", "-5.95"):
        assert printed in text
    counter.clock.now = NOW + LIFETIME - timedelta(seconds=1)
    assert counter.api.http.get(link).status_code == 200
    counter.clock.now = NOW + LIFETIME
    assert counter.api.http.get(link).status_code == 410
    counter.clock.now = NOW


def test_a_link_that_was_tampered_with_opens_nothing(counter: Counter) -> None:
    link = counter.link(page(counter, ADA)["edges"][0]["node"]["id"])
    kind, owner, invoice, expires, mac = link.removeprefix("/invoices/").split(".")
    for changed in (
        (kind, str(GRACE), invoice, expires, mac),
        (kind, owner, str(int(invoice) + 1), expires, mac),
        ("company", owner, invoice, expires, mac),
        ("dog", owner, invoice, expires, mac),
        (kind, owner, invoice, str(int(expires) + 1), mac),
        (kind, owner, invoice, "9" * 12, mac),
        (kind, "9" * 19, invoice, expires, mac),
        (kind, owner, invoice, expires, "x" * 43),
        (kind, owner),
    ):
        assert counter.api.http.get(f"/invoices/{'.'.join(changed)}").status_code == 404


def test_what_is_no_id_of_an_invoice(counter: Counter) -> None:
    unknown = {"id": global_id("Invoice", 2**40)}
    assert counter.api.data(NODE, unknown, viewer=ADA) == {"node": None}
