"""Answers by GET are validated: polling costs no statement and no body while nothing changed."""

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from secrets import token_hex

import asyncpg
import pytest
from redis import Redis

from gql.documents.trusted_documents import trusted_documents
from tests.app.graphql.transports.http.instances import (
    OF_CALLER,
    PAGE,
    Instances,
    get,
    statements_of,
)
from tests.fixtures.servers.server import Api, serving, settings_for, token_of
from tests.fixtures.stores.world import ADA, GRACE
from tests.waiting import until


def run_sql(url: str, sql: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    asyncio.run(run())


def test_polling_costs_neither_statement_nor_body(instances: Instances) -> None:
    first = get(instances.first, PAGE)
    tag = first.headers["etag"]
    assert (first.status_code, first.headers["cache-control"]) == (200, "private, no-cache")
    assert first.headers["vary"] == OF_CALLER
    answer, statements = statements_of(lambda: get(instances.first, PAGE, tag))
    assert (answer.status_code, answer.content, statements) == (304, b"", 0)
    assert (answer.headers["etag"], answer.headers["vary"]) == (tag, OF_CALLER)

    # Another instance makes the answer once, and finds the same.
    answer, statements = statements_of(lambda: get(instances.second, PAGE, tag))
    assert (answer.status_code, answer.content, statements > 0) == (304, b"", True)
    answer, statements = statements_of(lambda: get(instances.second, PAGE, tag))
    assert (answer.status_code, statements) == (304, 0)


def test_a_change_on_another_instance_is_seen_at_once(instances: Instances) -> None:
    tag = get(instances.first, PAGE).headers["etag"]
    for number in range(5):
        title = f"Renamed {number}"
        page = get(instances.first, PAGE).json()["data"]["viewer"]["conversations"]["edges"]
        renamed = instances.second.data(
            trusted_documents()["RenameConversation"].text,
            {"input": {"conversationId": page[-1]["node"]["id"], "title": title}},
            viewer=ADA,
        )
        assert renamed["renameConversation"]["userErrors"] == []
        answer = get(instances.first, PAGE, tag)
        assert answer.status_code == 200
        assert title in answer.text
        tag = answer.headers["etag"]
        answer, statements = statements_of(partial(get, instances.first, PAGE, tag))
        assert (answer.status_code, statements) == (304, 0)


def test_somebody_elses_tag_is_nobodys(instances: Instances) -> None:
    tag = get(instances.first, PAGE).headers["etag"]
    graces = get(instances.first, PAGE, tag, viewer=GRACE)
    assert graces.status_code == 200
    assert graces.headers["etag"] != tag


def test_what_depends_on_the_time_is_read_each_time(instances: Instances) -> None:
    first = get(instances.first, "Quota")
    again, again_statements = statements_of(
        lambda: get(instances.first, "Quota", first.headers["etag"])
    )
    assert (again.status_code, again.content) == (304, b"")
    assert again_statements == 1  # the subscription is in its cache


def test_operators_see_more_than_is_followed(instances: Instances) -> None:
    headers = {"authorization": f"Bearer {token_of(ADA, 'ops')}"}
    query = {"query": "{ viewer { email } }"}
    tag = instances.first.http.get("/graphql", params=query, headers=headers).headers["etag"]
    headers["if-none-match"] = tag
    answer, statements = statements_of(
        lambda: instances.first.http.get("/graphql", params=query, headers=headers)
    )
    assert (answer.status_code, statements) == (304, 1)


def test_without_redis_nothing_is_remembered(api: Api) -> None:
    tag = get(api, PAGE).headers["etag"]
    answer, statements = statements_of(lambda: get(api, PAGE, tag))
    assert (answer.status_code, answer.content, statements > 0) == (304, b"", True)


def test_a_redis_that_forgets_costs_an_answer_made_again(
    instances: Instances, redis_url: str
) -> None:
    tag = get(instances.first, PAGE).headers["etag"]
    with Redis.from_url(redis_url) as redis:
        redis.delete(*redis.scan_iter("guidance:answer_version:*"))
    answer, statements = statements_of(lambda: get(instances.first, PAGE, tag))
    assert (answer.status_code, statements > 0) == (304, True)


@pytest.mark.parametrize("viewer", [None, ADA])
def test_what_is_public_is_the_same_for_everybody(instances: Instances, viewer: int | None) -> None:
    answer = get(instances.first, "Plans", viewer=viewer)
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer.headers["vary"] == "accept, accept-encoding, origin"
    assert "ratelimit" not in answer.headers
    again = get(instances.first, "Plans", answer.headers["etag"], viewer=viewer)
    assert (again.status_code, again.headers["cache-control"]) == (304, "public, max-age=60")


def test_a_plan_that_is_changed_by_hand_is_seen_within_the_bound(
    own_world: str, tmp_path: Path, redis_url: str
) -> None:
    settings = settings_for(
        own_world, tmp_path, redis_url=redis_url, graphql_answers_remembered_seconds=0.2
    )
    with serving(settings) as api:
        tag = get(api, "Plans").headers["etag"]
        run_sql(own_world, "UPDATE billing_plans SET display_name = 'Newly named'")
        until(lambda: get(api, "Plans", tag).status_code == 200)


@pytest.mark.parametrize(
    ("declared", "selection", "expected"),
    [
        ("maxAge: 5", "plans { code }", "public, max-age=5"),
        ("maxAge: 5, scope: PUBLIC", "plans { code }", "public, max-age=5"),
        ("maxAge: 5, scope: PRIVATE", "plans { code }", "private, max-age=5"),
        ("maxAge: 5", "viewer { id }", "private, max-age=5"),
        ("maxAge: 0", "viewer { id } plans { code }", "private, max-age=0"),
    ],
)
def test_a_document_declares_how_long_it_may_be_kept(
    api: Api, declared: str, selection: str, expected: str
) -> None:
    query = f"query Kept @cacheControl({declared}) {{ {selection} }}"
    answer = api.http.get("/graphql", params={"query": query})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, expected)


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("maxAge: 5, scope: PUBLIC", "The answer cannot be PUBLIC: Query.viewer is not."),
        ("maxAge: -1", "`maxAge` of @cacheControl must be a number from 0 to 31536000."),
        ("maxAge: $n", "`maxAge` of @cacheControl must be a number from 0 to 31536000."),
    ],
)
def test_a_document_that_declares_too_much_is_refused(api: Api, declared: str, said: str) -> None:
    variables = "($n: Int = 1)" if "$" in declared else ""
    query = f"query Kept{variables} @cacheControl({declared}) {{ viewer {{ id }} }}"
    body = api.http.get("/graphql", params={"query": query}).json()
    assert said in [one["message"] for one in body["errors"]]


@pytest.mark.parametrize(
    ("parameters", "key"),
    [
        ({"query": "{ viewer { email } nope }"}, None),
        (
            {"query": "query A($i: [ID!]!) { nodes(ids: $i) { id } }", "variables": '{"i":["x"]}'},
            None,
        ),
        ({"query": "{ enterpriseAccount { id } }"}, "key"),
    ],
)
def test_what_others_would_not_be_given_has_no_validator(
    api: Api, api_key: str, parameters: Mapping[str, str], key: str | None
) -> None:
    headers = {"x-api-key": api_key} if key else {"authorization": f"Bearer {token_of(ADA)}"}
    answer = api.http.get("/graphql", params=parameters, headers=headers)
    assert "etag" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


def test_an_answer_to_a_post_is_never_kept(api: Api) -> None:
    answer = api.http.post("/graphql", json={"query": "{ plans { code } }"})
    assert (answer.headers["cache-control"], "etag" in answer.headers) == ("no-store", False)


def test_a_message_is_seen_by_the_next_poll(instances: Instances) -> None:
    tag = get(instances.first, PAGE).headers["etag"]
    sent = instances.second.ask(
        trusted_documents()["StartConversation"].text,
        {"input": {"title": "Begun elsewhere", "idempotencyKey": token_hex()}},
        viewer=ADA,
    )
    assert "errors" not in sent, sent
    answer = get(instances.first, PAGE, tag)
    assert answer.status_code == 200
    assert "Begun elsewhere" in answer.text
