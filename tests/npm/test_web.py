"""The example of a page: built, served by Vite, and used in a browser that sends ids alone."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from perf.chaos.outages.proxy import ProxyPath
from services.documents.identifiers import hash_of
from tests.fixtures.clients.browser import Page
from tests.fixtures.clients.network import Network, network_to
from tests.fixtures.clients.npm import WEB
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.chat import Chat
from tests.fixtures.servers.documents import publish_manifest
from tests.fixtures.servers.server import serving, settings_for, token_of
from tests.fixtures.stores.postgres import new_database
from tests.fixtures.stores.world import ADA, ADAS_CONVERSATIONS, EDITH
from tests.npm.web_page import WebPage, serving_page
from tests.waiting import until

_GENERATED = WEB / "src/api/__generated__"
_SLOWLY = {"tokens": 60, "tokens_per_second": 30}


@pytest.fixture(scope="module", params=["preview", "dev"])
def command(request: pytest.FixtureRequest) -> str:
    """How Vite serves the page: as it was built, with ids alone, or as it is developed."""
    return str(request.param)


@pytest.fixture(scope="module")
def server(
    command: str,
    postgres: str,
    world_template: str,
    stand_in_process: StandInControl,
    built_web: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Chat]:
    """A server that takes the ids of the built page's documents and no texts, or any document."""
    del built_web
    takes_ids_alone = {"graphql_operations_mode": "trusted", "graphql_operations_require_id": True}
    with new_database(postgres, world_template) as url:
        publish_manifest(url, _GENERATED / "persisted-documents.json", "web")
        settings = settings_for(
            url,
            tmp_path_factory.mktemp("web"),
            chat_llm_base_url=stand_in_process.url,
            serve_runs_worker=False,
            **(takes_ids_alone if command == "preview" else {}),
        )
        with serving(settings) as api:
            yield Chat(api, url, stand_in_process)


@pytest.fixture(scope="module")
def network(server: Chat) -> Iterator[Network]:
    """The network between Vite and the server."""
    with network_to(server.api.http.base_url) as between:
        yield between


@pytest.fixture(scope="module")
def address(command: str, network: Network) -> Iterator[str]:
    """Where Vite serves the page."""
    with serving_page(command, network.address) as served:
        yield served


@pytest.fixture
def page(chromium: Page, address: str, network: Network, server: Chat) -> WebPage:
    """The page of Ada, who has just signed in."""
    network.set_path(ProxyPath.OPEN)
    server.stand_in.behave()
    opened = WebPage(chromium, address)
    opened.sign_in(token_of(ADA))
    opened.wait_for("document.querySelector('#quota')")
    opened.wait_for("document.querySelectorAll('nav li').length >= 20")
    return opened


def _newest(chat: Chat) -> str:
    """The text of the newest reply as it is stored."""
    rows = chat.rows("SELECT content FROM chat_messages WHERE role = 'assistant' ORDER BY id DESC")
    return str(rows[0][0])


def _left(page: WebPage) -> int:
    """How many messages are left, as the page shows it."""
    (text,) = page.texts("#quota")
    return int(text.split()[0])


@pytest.mark.unit
def test_what_it_asks_fits_the_schema() -> None:
    """All of its operations and fragments as one document."""
    texts = re.findall(
        r"graphql\(`(.*?)`\)", (WEB / "src/api/operations.ts").read_text(), re.DOTALL
    )
    assert len(texts) == 9
    schema = build_schema((WEB / "../../gql/schema.graphql").read_text())
    assert validate(schema, parse("\n".join(texts))) == []


@pytest.mark.slow
def test_the_built_page_has_ids_that_are_the_hashes_of_what_is_published(built_web: Path) -> None:
    documents = json.loads((_GENERATED / "persisted-documents.json").read_text())
    assert [hash_of(text) for text in documents.values()] == list(documents)
    (script,) = (built_web / "assets").glob("*.js")
    assert [id_ for id_ in documents if id_ not in script.read_text()] == []


@pytest.mark.slow
def test_a_reply_is_shown_as_it_is_written_and_the_quota_with_it(
    page: WebPage, server: Chat
) -> None:
    server.stand_in.next(_SLOWLY)
    left, asked = _left(page), page.asked()
    page.send("How do I begin?")
    page.wait_for_text(longer_than=20)
    page.wait_for_status("STREAMING")
    page.wait_for_status("COMPLETE")
    assert page.texts("section li p") == ["How do I begin?", _newest(server)]
    assert page.texts("nav li")[0] == "How do I begin?"
    assert _left(page) == left - 1
    # The message, and the new conversation's messages; the reply came over the socket.
    assert page.asked() == asked + 2
    page.send("And then?")
    page.wait_for("document.querySelectorAll('section li').length === 4")
    page.wait_for_status("COMPLETE")
    assert page.texts("section li p")[2:] == ["And then?", _newest(server)]
    assert (_left(page), page.asked()) == (left - 2, asked + 3)


@pytest.mark.slow
def test_a_reply_goes_on_where_its_connection_broke(
    page: WebPage, network: Network, server: Chat
) -> None:
    server.stand_in.next(_SLOWLY)
    page.send("Slowly")
    for length in (20, 80):
        page.wait_for_text(longer_than=length)
        network.set_path(ProxyPath.RESETS)
        network.set_path(ProxyPath.OPEN)
    page.wait_for_status("COMPLETE")
    assert page.texts("section li p") == ["Slowly", _newest(server)]
    assert len(_newest(server).split()) == _SLOWLY["tokens"]


@pytest.mark.slow
def test_a_reply_is_stopped(page: WebPage, server: Chat) -> None:
    server.stand_in.next({"tokens": 600, "tokens_per_second": 30})
    page.send("Long")
    page.wait_for_text(longer_than=20)
    page.click(".stop")
    page.wait_for_status("STOPPED")
    assert page.texts("section li p") == ["Long", _newest(server)]


@pytest.mark.slow
def test_lists_are_read_page_by_page(page: WebPage) -> None:
    shown = len(page.texts("nav li"))
    page.click("#more")
    page.wait_for(f"document.querySelectorAll('nav li').length > {shown}")
    titles = page.texts("nav li")
    until(lambda: page.texts("nav li") == titles)
    assert f"Conversation {ADAS_CONVERSATIONS[0]}" in titles


@pytest.mark.slow
def test_what_is_refused_is_said_and_stays_to_be_sent_again(chromium: Page, address: str) -> None:
    page = WebPage(chromium, address)
    page.sign_in(token_of(EDITH))
    page.wait_for("document.querySelector('#quota')")
    page.send("One more")
    page.wait_for("document.querySelector('form [role=alert]')")
    assert page.texts("form [role=alert]") == ["The 5 messages of the day are used up."]
    assert page.typed() == "One more"
    assert page.texts("#quota") == ["0 of 5 left"]


@pytest.mark.slow
def test_a_token_that_is_none_is_said_to_be(chromium: Page, address: str) -> None:
    page = WebPage(chromium, address)
    page.sign_in("no token")
    page.wait_for("document.querySelector('#who')?.textContent.length > 1")
    assert page.texts("#who") == ["The token is not accepted: it is malformed."]
