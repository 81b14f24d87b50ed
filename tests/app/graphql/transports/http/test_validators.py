"""Answers by GET are validated: polling costs no statement and no body while nothing changed."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import asyncpg
import httpx2
import orjson
import pytest
from redis import Redis

from gql.documents.trusted_documents import trusted_documents
from services.documents.identifiers import hash_of
from tests.captured_logs import capture_logs
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.server import Api, serving, settings_for, token_of
from tests.fixtures.stores.postgres import new_database
from tests.fixtures.stores.world import ADA, GRACE
from tests.waiting import until

PAGE = "ConversationsWithMessages"
OF_CALLER = "accept, accept-encoding, authorization, origin, x-api-key"


@dataclass(frozen=True, slots=True)
class Instances:
    """Two servers of one database and one Redis."""

    first: Api
    second: Api
    database_url: str


@pytest.fixture(scope="module")
def instances(
    postgres: str,
    world_template: str,
    tmp_path_factory: pytest.TempPathFactory,
    redis_url: str,
    stand_in_process: StandInControl,
) -> Iterator[Instances]:
    folder = tmp_path_factory.mktemp("data")
    with ExitStack() as stack:
        url = stack.enter_context(new_database(postgres, world_template))
        settings = settings_for(
            url,
            folder,
            redis_url=redis_url,
            serve_runs_worker=False,
            chat_llm_base_url=stand_in_process.url,
            graphql_person_budget=1_000_000,
        )
        first, second = (stack.enter_context(serving(settings)) for _ in range(2))
        yield Instances(first, second, url)


def get(
    api: Api, name: str, tag: str | None = None, *, viewer: int | None = ADA, **others: str
) -> httpx2.Response:
    """Ask one of our documents by its id."""
    headers = {"accept": "application/json"}
    if viewer is not None:
        headers["authorization"] = f"Bearer {token_of(viewer)}"
    if tag is not None:
        headers["if-none-match"] = tag
    document_id = hash_of(trusted_documents()[name].text)
    return api.http.get("/graphql", params={"documentId": document_id, **others}, headers=headers)


# Any: fields of log lines.
def statements_of(ask: Any) -> tuple[httpx2.Response, int]:
    """The answer, and the statements that its request ran."""
    with capture_logs() as lines:
        answer = ask()
        id_ = answer.headers["x-request-id"]
        until(lambda: any(one.get("request_id") == id_ and "ms" in one for one in lines))
    (line,) = [one for one in lines if one.get("request_id") == id_ and "ms" in one]
    return answer, line["statements"]


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
        answer, statements = statements_of(lambda tag=tag: get(instances.first, PAGE, tag))
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


@pytest.mark.parametrize("coding", ["identity", "gzip", "br", "zstd"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_one_tag_is_good_for_every_coding(api: Api, coding: str, method: str) -> None:
    """It is weak: what is compressed otherwise means the same."""
    query = {"query": trusted_documents()[PAGE].text}
    headers = {**api.credentials(ADA), "accept-encoding": coding}
    whole = api.http.request(method, "/graphql", params=query, headers=headers)
    tag = whole.headers["etag"]
    assert whole.headers.get("content-encoding", "identity") == coding
    assert tag.startswith('W/"')
    for other in ("identity", "zstd"):
        headers |= {"if-none-match": tag, "accept-encoding": other}
        answer = api.http.request(method, "/graphql", params=query, headers=headers)
        assert (answer.status_code, answer.content) == (304, b"")
        assert (answer.headers["etag"], answer.headers["vary"]) == (tag, OF_CALLER)
        assert not {"content-encoding", "content-length", "content-type"} & set(answer.headers)


def offers(tag: str) -> dict[str, bool]:
    """What a client may offer, and whether that is the answer with this tag."""
    strong = tag.removeprefix("W/")
    return {
        tag: True,
        strong: True,
        "*": True,
        " * ": True,
        f'"a", W/"b,c" ,{tag}': True,
        f'W/"x"{strong}': True,
        '"*"': False,
        '"a"': False,
        strong.strip('"'): False,
        "": False,
        '"' + "x" * 9_000 + f'", {tag}': False,
    }


def test_what_a_client_may_offer(api: Api) -> None:
    query = {"query": "{ viewer { email } }"}
    first = api.http.get("/graphql", params=query, headers=api.credentials(ADA))
    for offered, is_it in offers(first.headers["etag"]).items():
        headers = {**api.credentials(ADA), "if-none-match": offered}
        answer = api.http.get("/graphql", params=query, headers=headers)
        assert (offered, answer.status_code) == (offered, 304 if is_it else 200)


def test_what_failed_is_nothing_that_a_client_may_have(api: Api) -> None:
    query = {"query": "{ viewer { email } nope }"}
    answer = api.http.get("/graphql", params=query, headers={"if-none-match": "*"})
    assert answer.status_code == 400


class Poller:
    """A front end that polls an instance, and knows what it was given of each document."""

    def __init__(self, api: Api, asked: Mapping[str, Mapping[str, object]]) -> None:
        self._api = api
        self._asked = asked
        # Any: answers are JSON.
        self._given: dict[str, tuple[str, Any]] = {}

    def poll(self) -> int:
        """Ask for all again; how many cost nothing, none of which has changed."""
        unchanged = 0
        for name, variables in self._asked.items():
            tag, given = self._given.get(name, (None, None))
            sent = orjson.dumps(variables).decode()
            answer = get(self._api, name, tag, viewer=GRACE, variables=sent)
            if answer.status_code == 304:
                # What is posted is read anew, whatever is remembered.
                text = trusted_documents()[name].text
                assert (name, self._api.data(text, dict(variables), viewer=GRACE)) == (name, given)
                unchanged += 1
            else:
                self._given[name] = answer.headers["etag"], answer.json()["data"]
        return unchanged


# Any: variables are JSON.
def writes(own: str, said: str, replied: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Whatever a person can change, by document and variables."""
    one, key = {"conversationId": own}, {"idempotencyKey": token_hex()}
    yield "RenameConversation", {"input": one | {"title": "Renamed"}}
    yield "PinConversation", {"input": one | {"isPinned": True}}
    yield "SetConversationTags", {"input": one | {"tags": ["polled"]}}
    yield "ArchiveConversation", {"input": one}
    yield "UnarchiveConversation", {"input": one}
    yield "StartConversation", {"input": key | {"title": "Started"}}
    yield "SendMessage", one | {"content": "Once more", "idempotencyKey": token_hex()}
    yield "EditMessage", {"input": key | {"messageId": said, "content": "Otherwise"}}
    yield "SelectBranch", {"input": {"messageId": said}}
    yield "RegenerateReply", {"input": key | {"messageId": replied}}
    yield "DeleteMessage", {"input": {"messageId": said}}
    yield "DeleteConversation", {"input": one}
    yield "RequestPrivacyExport", {"input": key}


def test_whatever_is_written_elsewhere_no_poll_is_stale(
    instances: Instances, stand_in: StandInControl
) -> None:
    stand_in.next({"first_token_seconds": 0.01})
    begun = instances.second.data(
        trusted_documents()["SendMessage"].text,
        {"content": "Hello", "idempotencyKey": token_hex()},
        viewer=GRACE,
    )["sendMessage"]
    own = begun["conversation"]["id"]
    poller = Poller(
        instances.first,
        {
            "ConversationsWithMessages": {},
            "ConversationPage": {},
            "ConversationsByTag": {"tag": "polled"},
            "ConversationMessages": {"conversationId": own},
            "PrivacyRequests": {},
            "CurrentSubscription": {},
            "Quota": {},
            "Plans": {},
        },
    )
    for name, variables in writes(own, begun["message"]["id"], begun["reply"]["id"]):
        poller.poll()
        assert poller.poll() == 8
        stand_in.next({"first_token_seconds": 0.01})
        written = instances.second.data(trusted_documents()[name].text, variables, viewer=GRACE)
        ((field, payload),) = written.items()
        assert (field, payload["userErrors"]) == (field, [])
        assert (name, poller.poll() < 8) == (name, True)


def test_a_head_has_the_fields_of_a_get_and_no_body(api: Api) -> None:
    query = {"query": "{ plans { code } }"}
    fields = api.http.get("/graphql", params=query).headers
    answer = api.http.request("HEAD", "/graphql", params=query)
    assert (answer.status_code, answer.content) == (200, b"")
    assert [answer.headers[name] for name in ("etag", "cache-control", "content-length")] == [
        fields[name] for name in ("etag", "cache-control", "content-length")
    ]
