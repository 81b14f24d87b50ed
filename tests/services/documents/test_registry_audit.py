"""What operators change in the registry is in the audit trail."""

import orjson
import pytest

from db.states import DocumentState
from services.documents.identifiers import hash_of
from services.documents.records import NormalizedDocument
from services.documents.registry import DocumentIdTaken
from tests.fixtures.stores.postgres import rows_of
from tests.fixtures.stores.world import NOW
from tests.services.documents.registry_instances import instance, submission

HOME = submission("query Home { plans { code } }", "Home")
ABOUT = submission("query About { __typename }", "About", "x-about")
LATER = submission("query Later { plans { code } }", "Later")
SEEN = "query Seen { plans { displayName } }"
AUDIT = """
SELECT action, subject || ' of ' || (details->'said'->>'client') AS subject,
  details->'said'->'documents' AS documents, actor_kind, actor_id, occurred_at
FROM general_audit_events ORDER BY id
"""


async def audit(url: str) -> list[tuple[str, str, list[str]]]:
    """What was done to whose documents, all of it by an operator."""
    rows = await rows_of(url, AUDIT)
    assert {tuple(row)[3:] for row in rows} <= {("operator", None, NOW)}
    return [(row["action"], row["subject"], orjson.loads(row["documents"])) for row in rows]


async def test_each_change_has_its_row(database_url: str) -> None:
    async with instance(database_url) as one:
        seen = NormalizedDocument(hash_of(SEEN), SEEN, "Seen", 1)
        await one.registry.publish("web", [HOME, ABOUT])
        await one.registry.change_state("web", "Home", DocumentState.DEPRECATED)
        await one.registry.change_state("web", "x-about", DocumentState.RETIRED)
        await one.registry.publish("web", [HOME, LATER])
        await one.registry.promote("ios", seen, "Seen")
        assert await audit(database_url) == [
            ("documents.published", "documents of web", [HOME.id, ABOUT.id]),
            ("documents.deprecated", "documents of web", [HOME.id]),
            ("documents.retired", "documents of web", [ABOUT.id]),
            ("documents.published", "documents of web", [HOME.id, LATER.id]),
            ("documents.promoted", "documents of ios", [seen.id]),
        ]


async def test_what_changes_nothing_has_none(database_url: str) -> None:
    async with instance(database_url) as one:
        await one.registry.publish("web", [HOME, ABOUT])
        before = await audit(database_url)
        await one.registry.publish("web", [HOME, ABOUT])
        await one.registry.change_state("web", "Home", DocumentState.ACTIVE)
        with pytest.raises(DocumentIdTaken):
            await one.registry.publish("ios", [submission(SEEN, "Seen", "x-about")])
        assert await audit(database_url) == before
