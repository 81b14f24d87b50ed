"""Tools: marked by operators or with what is published, by operation, within the least limits."""

from dataclasses import replace

from db.states import DocumentState
from services.documents.records import ToolLimits
from services.documents.tools import ToolService
from tests.fixtures.stores.postgres import rows_of
from tests.fixtures.stores.world import NOW
from tests.services.documents.registry_instances import Instance, instance, submission

HOME = submission("query Home { plans { code } }", "Home")
NEWER = submission("query Home { plans { code displayName } }", "Home")
ABOUT = submission("query About { __typename }", "About")
USUAL, SMALL = ToolLimits(), ToolLimits(cost_per_call=3)
AUDIT = "SELECT action FROM general_audit_events ORDER BY id"


async def tools(one: Instance) -> dict[str, ToolLimits | None]:
    """The tools that are served, by their texts."""
    served = await one.registry.served({})
    return {found.text: found.tool for found in served if found.tool is not None}


async def test_a_mark_belongs_to_the_operation_of_a_client(database_url: str) -> None:
    async with instance(database_url) as one:
        marks = ToolService(one.database, clock=lambda: NOW)
        await one.registry.publish("web", [HOME, ABOUT])
        version = await one.registry.version()
        await marks.set("ios", "Home", USUAL)
        assert await tools(one) == {}
        await marks.set("web", "Home", USUAL)
        assert await one.registry.version() == version + 2
        assert await tools(one) == {HOME.text: USUAL}
        await marks.set("web", "Home", SMALL)
        assert await tools(one) == {HOME.text: SMALL}
        assert (await marks.remove("web", "Home"), await marks.remove("web", "Home")) == (
            True,
            False,
        )
        assert await tools(one) == {}


async def test_of_several_versions_the_last_that_is_active(database_url: str) -> None:
    async with instance(database_url) as one:
        await one.registry.publish("web", [replace(HOME, tool=USUAL)])
        await one.registry.publish("web", [NEWER])
        assert await tools(one) == {NEWER.text: USUAL}
        await one.registry.change_state("web", NEWER.id, DocumentState.DEPRECATED)
        assert await tools(one) == {HOME.text: USUAL}
        await one.registry.change_state("web", "Home", DocumentState.RETIRED)
        assert await tools(one) == {}


async def test_of_a_document_of_several_clients_the_least_limits(database_url: str) -> None:
    async with instance(database_url) as one:
        await one.registry.publish("web", [replace(HOME, tool=SMALL)])
        await one.registry.publish("ios", [replace(HOME, tool=replace(USUAL, ms_per_call=5))])
        await one.registry.publish("tv", [HOME])
        assert await tools(one) == {HOME.text: replace(SMALL, ms_per_call=5)}


async def test_to_publish_the_same_mark_again_is_no_change(database_url: str) -> None:
    async with instance(database_url) as one:
        for _ in range(2):
            await one.registry.publish("web", [replace(HOME, tool=SMALL)])
        actions = [row["action"] for row in await rows_of(database_url, AUDIT)]
        assert actions == ["documents.published", "documents.tool"]
