"""What a client may offer that it has, and that no poll says that what has changed is as it was."""

from collections.abc import Iterator, Mapping
from secrets import token_hex
from typing import Any

import orjson
import pytest

from gql.documents.trusted_documents import trusted_documents
from tests.app.graphql.transports.http.instances import OF_CALLER, PAGE, Instances, get
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.server import Api
from tests.fixtures.stores.world import ADA, GRACE

OF_ONE = "ConversationMessages"
POLLED = (
    PAGE,
    OF_ONE,
    "ConversationPage",
    "ConversationsByTag",
    "PrivacyRequests",
    "CurrentSubscription",
    "Quota",
    "Plans",
)


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


def new_key() -> dict[str, str]:
    return {"idempotencyKey": token_hex()}


# Any: variables are JSON.
def writes(own: str, said: str, replied: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Whatever a person can change, by document and variables."""
    one = {"conversationId": own}
    yield "RenameConversation", {"input": one | {"title": "Renamed"}}
    yield "PinConversation", {"input": one | {"isPinned": True}}
    yield "SetConversationTags", {"input": one | {"tags": ["polled"]}}
    yield "ArchiveConversation", {"input": one}
    yield "UnarchiveConversation", {"input": one}
    yield "StartConversation", {"input": new_key() | {"title": "Started"}}
    yield "SendMessage", one | new_key() | {"content": "Once more"}
    yield "EditMessage", {"input": new_key() | {"messageId": said, "content": "Otherwise"}}
    yield "SelectBranch", {"input": {"messageId": said}}
    yield "RegenerateReply", {"input": new_key() | {"messageId": replied}}
    yield "DeleteMessage", {"input": {"messageId": said}}
    yield "DeleteConversation", {"input": one}
    yield "RequestPrivacyExport", {"input": new_key()}


def test_whatever_is_written_elsewhere_no_poll_is_stale(
    instances: Instances, stand_in: StandInControl
) -> None:
    stand_in.next({"first_token_seconds": 0.01})
    begun = instances.second.data(
        trusted_documents()["SendMessage"].text,
        new_key() | {"content": "Hello"},
        viewer=GRACE,
    )["sendMessage"]
    own = begun["conversation"]["id"]
    poller = Poller(
        instances.first,
        {name: {"conversationId": own} if name == OF_ONE else {} for name in POLLED},
    )
    seen = list[str]()
    for name, variables in writes(own, begun["message"]["id"], begun["reply"]["id"]):
        poller.poll()
        assert poller.poll() == len(POLLED)
        stand_in.next({"first_token_seconds": 0.01})
        written = instances.second.data(trusted_documents()[name].text, variables, viewer=GRACE)
        ((field, payload),) = written.items()
        assert (field, payload["userErrors"]) == (field, [])
        if poller.poll() < len(POLLED):
            seen.append(name)
    assert seen == [name for name, _ in writes("", "", "")]


def test_a_head_has_the_fields_of_a_get_and_no_body(api: Api) -> None:
    query = {"query": "{ plans { code } }"}
    fields = api.http.get("/graphql", params=query).headers
    answer = api.http.request("HEAD", "/graphql", params=query)
    assert (answer.status_code, answer.content) == (200, b"")
    assert [answer.headers[name] for name in ("etag", "cache-control", "content-length")] == [
        fields[name] for name in ("etag", "cache-control", "content-length")
    ]
