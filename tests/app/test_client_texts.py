"""Whatever words clients choose, over the API: nobody else's erasure stumbles over them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.server import Api, issue_key, serving, settings_for
from tests.fixtures.stores.postgres import rows_of, run
from tests.fixtures.stores.world import ADA, GRACE, GRACES_COMPANY, MARY
from tests.services.privacy.privacy_instances import LATER, instance

TRACES = ("ada@example.com", "user:1/job-1", "VXNlcjox", "pi_of_ada")
ERASE = "UPDATE user_privacy_requests SET scheduled_for = '2026-02-20' WHERE user_id = 1"
KEPT = "SELECT idempotency_key FROM {} WHERE user_id = $1"


# Any: JSON.
def changed(api: Api, mutation: str, payload: str, words: str, **variables: Any) -> None:
    """Carry out a mutation of a person's or a company's, all of whose words are `words`."""
    caller = variables.pop("caller")
    kind = mutation[0].upper() + mutation[1:]
    kind = {"retryPayment": "CheckoutInput"}.get(mutation, f"{kind}Input")
    body = {
        "query": f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ {payload} "
        "userErrors { code message } } }",
        "variables": {"input": variables},
    }
    headers = {
        "x-request-id": f"job.{words.partition('@')[0]}.user:1",
        "x-graphql-client-name": "ada@example.com",
        "apollographql-client-name": "ada@example.com",
        "user-agent": words,
    }
    answer = api.http.post("/graphql", json=body, headers=headers | caller).json()
    assert "errors" not in answer, answer
    assert answer["data"][mutation]["userErrors"] == [], answer


@pytest.mark.parametrize("mode", ["open", "log"])
def test_as_many_words_as_clients_can_leave(
    own_world: str, tmp_path: Path, stand_in: StandInControl, mode: str
) -> None:
    key = issue_key(own_world, GRACES_COMPANY)
    settings = settings_for(
        own_world,
        tmp_path,
        chat_llm_base_url=stand_in.url,
        graphql_operations_mode=mode,
        serve_runs_worker=False,
    )
    with serving(settings) as api:
        grace, mary = api.credentials(GRACE), api.credentials(MARY)
        for words in TRACES:
            changed(
                api,
                "startConversation",
                "conversation { id }",
                words,
                caller=grace,
                title=words,
                idempotencyKey=words,
            )
            changed(
                api,
                "sendMessage",
                "message { id }",
                words,
                caller=grace,
                content=words,
                idempotencyKey=f"{words} sent",
            )
            changed(
                api,
                "generateGuidance",
                "text",
                words,
                caller={"x-api-key": key},
                situation=words,
                objective=words,
                timeHorizon=words,
                idempotencyKey=words,
            )
            changed(
                api,
                "createApiCredential",
                "apiKey",
                words,
                caller=grace,
                idempotencyKey=f"{words} key",
            )
        changed(
            api,
            "retryPayment",
            "payment { id }",
            TRACES[0],
            caller=mary,
            planCode="basic-entry",
            paymentMethodToken="pm_card_ok",
            idempotencyKey=TRACES[0],
        )
        changed(
            api,
            "changePlan",
            "previousPlan { code }",
            TRACES[1],
            caller=mary,
            planCode="premium-unlimited",
            idempotencyKey=TRACES[1],
        )
        api.ask("query VXNlcjox { ada: viewer { id } }", viewer=GRACE)

    async def scenario() -> None:
        for table in ("billing_payment_attempts", "billing_plan_changes"):
            for row in await rows_of(own_world, KEPT.format(table), MARY):
                assert row[0] not in TRACES, "no words of clients are kept for years"
        async with instance(own_world, tmp_path, clock=lambda: LATER) as parts:
            request = await parts.ask_for_erasure(ADA, key="erase")
            await run(own_world, ERASE)
            await run(own_world, "DELETE FROM user_privacy_requests WHERE user_id = 2")
            assert await parts.erase() == 1
            row = await parts.request(request)
            assert (row["status"], row["remaining_references"]) == ("completed", 0)
            titles = "SELECT count(*) FROM chat_conversations WHERE user_id = 2 AND title = ANY($1)"
            assert await parts.value(titles, list(TRACES)) == 2 * len(TRACES)

    asyncio.run(scenario())
