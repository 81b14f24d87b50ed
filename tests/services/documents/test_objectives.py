"""How quickly clients' documents are to be answered: agreed by name, kept by the strictest."""

import orjson

from services.documents.objectives import ObjectiveService
from services.documents.records import Objective
from tests.fixtures.stores.postgres import rows_of
from tests.fixtures.stores.world import NOW
from tests.services.documents.registry_instances import instance, submission

HOME = submission("query Home { plans { code } }", "Home")
NEW_HOME = submission("query Home { plans { code displayName } }", "Home")
ABOUT = submission("query About { __typename }", "About")
AUDIT = "SELECT action, details->'said' FROM general_audit_events ORDER BY id DESC LIMIT 2"


async def test_a_document_has_its_own_objective_or_that_of_its_client(database_url: str) -> None:
    async with instance(database_url) as one, instance(database_url) as other:
        objectives = ObjectiveService(one.database, clock=lambda: NOW)
        await one.registry.publish("web", [HOME, ABOUT])

        async def served() -> dict[str, Objective | None]:
            return {found.text: found.objective for found in await other.registry.served({})}

        assert await served() == {HOME.text: None, ABOUT.text: None}
        version = await other.registry.version()
        await objectives.set("web", "", Objective(200, 500))
        await objectives.set("web", "Home", Objective(50, 900))
        await objectives.set("ios", "", Objective(1, 1))
        assert await other.registry.version() == version + 3
        assert await served() == {
            HOME.text: Objective(50, 900),
            ABOUT.text: Objective(200, 500),
        }
        # It is agreed of the operation, whose next release has another text.
        await one.registry.publish("web", [NEW_HOME])
        assert (await served())[NEW_HOME.text] == Objective(50, 900)
        await objectives.set("web", "Home", Objective(60, 70))
        listed = {found.text: found.objective for found in await one.registry.listed()}
        assert (
            listed
            == await served()
            == {
                HOME.text: Objective(60, 70),
                NEW_HOME.text: Objective(60, 70),
                ABOUT.text: Objective(200, 500),
            }
        )


async def test_what_several_clients_publish_keeps_the_strictest_of_each_number(
    database_url: str,
) -> None:
    async with instance(database_url) as one:
        objectives = ObjectiveService(one.database, clock=lambda: NOW)
        for client in ("web", "ios", "tv"):
            await one.registry.publish(client, [HOME])
        await objectives.set("web", "", Objective(200, 300))
        await objectives.set("ios", "Home", Objective(100, 900))
        (found,) = await one.registry.served({})
        assert found.objective == Objective(100, 300)


async def test_what_is_withdrawn_leaves_the_clients_and_is_reported(database_url: str) -> None:
    async with instance(database_url) as one:
        objectives = ObjectiveService(one.database, clock=lambda: NOW)
        await one.registry.publish("web", [HOME])
        await objectives.set("web", "", Objective(200, 300))
        await objectives.set("web", "Home", Objective(100, 200))
        assert await objectives.remove("web", "Home")
        assert not await objectives.remove("web", "Home")
        (found,) = await one.registry.served({})
        assert found.objective == Objective(200, 300)
    agreed = {"client": "web", "operation": "Home"}
    rows = await rows_of(database_url, AUDIT)
    assert [(row[0], orjson.loads(row[1])) for row in rows] == [
        ("documents.agreed", agreed | {"objective": None}),
        ("documents.agreed", agreed | {"objective": {"p95_ms": 100, "p99_ms": 200}}),
    ]
