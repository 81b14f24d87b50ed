"""The registry: all or nothing, idempotent, one change after another, and counted."""

import asyncio
from datetime import timedelta

import pytest

from db.request_scope import RequestScope
from db.states import DocumentState
from services.documents.identifiers import hash_of
from services.documents.records import DocumentUsage, NormalizedDocument, RegisteredDocument
from services.documents.registry import DocumentIdTaken, Published, delete_old_unknown_documents
from services.documents.usage import MOST_UNKNOWN
from tests.fixtures.stores.postgres import run
from tests.fixtures.stores.world import NOW
from tests.services.documents.registry_instances import instance, submission

HOME = submission("query Home { plans { code } }", "Home")
ABOUT = submission("query About { __typename }", "About", "x-about")
HOUR = timedelta(hours=1)


def shape(number: int) -> NormalizedDocument:
    text = f"query Seen{number} {{ plans {{ code }} }}"
    return NormalizedDocument(hash_of(text), text, f"Seen{number}", 1)


async def test_what_is_published_is_served_and_known_by_its_version(database_url: str) -> None:
    async with instance(database_url) as one, instance(database_url) as other:
        before = await other.registry.version()
        published = await one.registry.publish("web", [HOME, ABOUT])
        assert published == Published(new=2, reactivated=0, unchanged=0)
        assert await other.registry.version() == before + 1
        assert await other.registry.served({}) == [
            RegisteredDocument(HOME.id, "Home", HOME.text, ("web",)),
            RegisteredDocument(ABOUT.id, "About", ABOUT.text, ("web",), ("x-about",)),
        ]


async def test_texts_that_are_known_are_not_read_again(database_url: str) -> None:
    async with instance(database_url) as one:
        await one.registry.publish("web", [HOME])
        with RequestScope() as work:
            await one.registry.served({})
            await one.registry.served({HOME.id: HOME.text})
        assert work.statements == [
            "operations.served",
            "operations.objectives",
            "operations.tools",
            "operations.bodies",
            "operations.served",
            "operations.objectives",
            "operations.tools",
        ]


async def test_to_publish_again_changes_nothing(database_url: str) -> None:
    async with instance(database_url) as one:
        await one.registry.publish("web", [HOME, ABOUT])
        listed = await one.registry.listed()
    async with instance(database_url, clock=lambda: NOW + HOUR) as later:
        published = await later.registry.publish("web", [HOME, ABOUT])
        assert published == Published(new=0, reactivated=0, unchanged=2)
        assert await later.registry.listed() == listed


async def test_a_document_of_two_clients_is_each_ones_own(database_url: str) -> None:
    async with instance(database_url) as one:
        await one.registry.publish("web", [HOME])
        await one.registry.publish("ios", [HOME])
        retired = await one.registry.change_state("web", "Home", DocumentState.RETIRED)
        assert retired == [("Home", HOME.id)]
        (served,) = await one.registry.served({})
        assert (served.publishers, served.is_active) == (("ios",), True)
        await one.registry.change_state("ios", HOME.id, DocumentState.DEPRECATED)
        (served,) = await one.registry.served({})
        assert served.is_active is False
        await one.registry.change_state("ios", "Home", DocumentState.RETIRED)
        assert await one.registry.served({}) == []


async def test_what_is_not_there_or_is_so_already_is_not_changed(database_url: str) -> None:
    async with instance(database_url) as one:
        await one.registry.publish("web", [ABOUT])
        change = one.registry.change_state
        assert await change("web", "Home", DocumentState.RETIRED) == []
        assert await change("ios", "About", DocumentState.RETIRED) == []
        assert await change("web", "About", DocumentState.ACTIVE) == []
        assert await change("web", "x-about", DocumentState.DEPRECATED) != []


async def test_a_retired_document_that_is_published_is_active_again(database_url: str) -> None:
    async with instance(database_url) as one:
        await one.registry.publish("web", [HOME])
        await one.registry.change_state("web", "Home", DocumentState.RETIRED)
        published = await one.registry.publish("web", [HOME, ABOUT])
        assert published == Published(new=1, reactivated=1, unchanged=0)
        assert len(await one.registry.served({})) == 2


async def test_an_id_of_another_document_publishes_nothing(database_url: str) -> None:
    async with instance(database_url) as one:
        await one.registry.publish("web", [ABOUT])
        before = await one.registry.version()
        other = submission("query Other { __typename }", "Other", "x-about")
        with pytest.raises(DocumentIdTaken, match="Other: the id x-about is that of another"):
            await one.registry.publish("ios", [HOME, other])
        assert [one.name for one in await one.registry.listed()] == ["About"]
        assert await one.registry.version() == before
        await one.registry.publish("ios", [ABOUT])


async def test_many_publish_at_once(database_url: str) -> None:
    async with instance(database_url) as one, instance(database_url) as other:
        before = await one.registry.version()
        await asyncio.gather(
            *(
                parts.registry.publish(client, [HOME, ABOUT])
                for parts in (one, other)
                for client in ("web", "ios", "web")
            )
        )
        assert await one.registry.version() == before + 6
        listed = [(found.client_name, found.name) for found in await one.registry.listed()]
        assert listed == [
            ("ios", "About"),
            ("ios", "Home"),
            ("web", "About"),
            ("web", "Home"),
        ]


async def test_uses_of_several_processes_add_up(database_url: str) -> None:
    async with instance(database_url) as one, instance(database_url) as other:
        await one.registry.publish("web", [HOME])
        for hours, parts in ((0, one), (2, one), (1, other), (5, other)):
            parts.uses.count_use(HOME.id, "web", NOW + hours * HOUR)
        one.uses.count_use(HOME.id, "account:7", NOW)
        await asyncio.gather(one.write(), other.write())
        (listed,) = await one.registry.listed()
        assert listed.uses == (
            DocumentUsage("account:7", 1, NOW, NOW),
            DocumentUsage("web", 4, NOW, NOW + 5 * HOUR),
        )
        assert (listed.use_count, listed.last_used_at) == (5, NOW + 5 * HOUR)


async def test_a_use_by_one_publisher_is_not_anothers(database_url: str) -> None:
    async with instance(database_url) as one:
        await one.registry.publish("web", [HOME])
        await one.registry.publish("ios", [HOME])
        for client in ("web", "web", "unknown"):
            one.uses.count_use(HOME.id, client, NOW)
        await one.write()
        counts = {found.client_name: found.use_count for found in await one.registry.listed()}
        assert counts == {"ios": 1, "web": 3}


async def test_what_is_counted_is_stored_at_the_end(database_url: str) -> None:
    async with instance(database_url) as one:
        async with one.uses.published, one.uses.unknown:
            one.uses.count_use(HOME.id, "web", NOW)
            one.uses.count_unknown(shape(1), "web", NOW)
        assert list(await one.registry.uses()) == [HOME.id]
        assert [found.document for found in await one.registry.unknown()] == [shape(1)]


async def test_what_cannot_be_stored_remains_counted(database_url: str) -> None:
    async with instance(database_url) as one:
        one.uses.count_use(HOME.id, "web", NOW)
        await run(database_url, "ALTER TABLE trusted_document_uses RENAME TO away")
        with pytest.raises(Exception, match="trusted_document_uses"):
            await one.uses.published.flush()
        one.uses.count_use(HOME.id, "web", NOW + HOUR)
        await run(database_url, "ALTER TABLE away RENAME TO trusted_document_uses")
        await one.write()
        assert await one.registry.uses() == {HOME.id: [DocumentUsage("web", 2, NOW, NOW + HOUR)]}


async def test_unknown_documents_add_up_by_client(database_url: str) -> None:
    async with instance(database_url) as one, instance(database_url) as other:
        for parts, client in ((one, "web"), (other, "web"), (one, "ios")):
            parts.uses.count_unknown(shape(1), client, NOW)
        other.uses.count_unknown(shape(1), "web", NOW + HOUR)
        await asyncio.gather(one.write(), other.write())
        found = await one.registry.unknown()
        assert [(each.client_name, each.count, each.last_at) for each in found] == [
            ("web", 3, NOW + HOUR),
            ("ios", 1, NOW),
        ]


async def test_only_so_many_unknown_documents_are_kept(database_url: str) -> None:
    async with instance(database_url) as one:
        one.uses.count_unknown(shape(1), "web", NOW)
        await one.write()
        await run(
            database_url,
            "INSERT INTO unknown_documents SELECT sha256(n::text::bytea), 'c', 't', 'N', 1, 1, "
            f"now(), now() FROM generate_series(2, {MOST_UNKNOWN}) AS n",
        )
        one.uses.count_unknown(shape(1), "web", NOW)
        one.uses.count_unknown(shape(2), "web", NOW)
        await one.write()
        found = await one.registry.unknown()
        assert len(found) == MOST_UNKNOWN
        assert (found[0].document, found[0].count) == (shape(1), 2)
        assert shape(2) not in [each.document for each in found]


async def test_what_nobody_sends_for_a_month_is_forgotten(database_url: str) -> None:
    async with instance(database_url) as one:
        one.uses.count_unknown(shape(1), "web", NOW)
        one.uses.count_unknown(shape(2), "web", NOW + HOUR)
        await one.write()
        async with one.database.read_primary() as connection:
            await delete_old_unknown_documents(connection, NOW + timedelta(days=30, minutes=1))
        assert [found.document for found in await one.registry.unknown()] == [shape(2)]


async def test_what_is_promoted_is_published_and_not_unknown(database_url: str) -> None:
    async with instance(database_url) as one:
        for client in ("web", "ios"):
            one.uses.count_unknown(shape(1), client, NOW)
        await one.write()
        await one.registry.promote("web", shape(1), "Seen")
        assert await one.registry.unknown() == []
        (served,) = await one.registry.served({})
        assert (served.id, served.name, served.publishers) == (shape(1).id, "Seen", ("web",))
