"""`useChat` and assistant-ui, as they are, in a browser: sent, stopped, cut off and come back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_hex

import pytest

from perf.chaos.outages.proxy import ProxyPath
from tests.fixtures.clients.browser import Page
from tests.fixtures.clients.network import Network, network_to
from tests.fixtures.clients.npm import FOLDER, PACKAGES, NodeTests, checked
from tests.fixtures.servers.chat import Chat
from tests.fixtures.servers.server import token_of
from tests.fixtures.stores.world import ADA

pytestmark = pytest.mark.slow
_SLOWLY = {"tokens": 60, "tokens_per_second": 30}
_REPLY = "[...document.querySelectorAll('.assistant')].at(-1)"
_libraries = pytest.mark.parametrize("library", ["useChat", "assistant-ui"])


class ChatPage:
    """The page of one chat, and what somebody sees and does there."""

    def __init__(self, page: Page, address: str, network: Network, library: str) -> None:
        self._page = page
        api = f"{network.address}/chat/stream"
        query = f"api={api}&token={token_of(ADA)}&chat={token_hex(8)}&library={library}"
        page.open("about:blank", width=800, scheme="light")
        page.open(f"{address}/#{query}", width=800, scheme="light")
        page.wait_for("document.querySelector('#send') !== null")

    def send(self, text: str) -> None:
        """Write a message and send it."""
        self._page.value("document.querySelector('input, textarea').focus() ?? 0")
        self._page.type(text)
        self.wait_for("!document.querySelector('#send').disabled")
        self.click("send")

    def click(self, id_: str) -> None:
        """Press a button."""
        self._page.value(f"document.querySelector('#{id_}').click() ?? 0")

    def wait_for(self, expression: str) -> None:
        """Wait until an expression is true."""
        self._page.wait_for(f"Boolean({expression})")

    def wait_for_text(self, *, longer_than: int) -> None:
        """Wait until the last reply has more characters than that."""
        self.wait_for(f"({_REPLY}?.textContent ?? '').length > {longer_than}")

    def wait_for_status(self, status: str) -> None:
        """Wait until the chat has a status of the SDK."""
        self.wait_for(f"document.querySelector('#status').textContent === '{status}'")

    def shown(self) -> list[str]:
        """The texts on the page, in order."""
        texts = "[...document.querySelectorAll('.user, .assistant')].map((one) => one.textContent)"
        found: list[str] = self._page.value(texts)
        return found


@contextmanager
def serving_files(folder: Path) -> Iterator[str]:
    """Serve a folder on the loopback interface until the block is left."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def address(node_tests: NodeTests, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page is."""
    del node_tests
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text('<!doctype html><script defer src="page.js"></script>')
    checked(
        [
            str(PACKAGES / ".bin/esbuild"),
            str(FOLDER / "chat/page.jsx"),
            "--bundle",
            "--jsx=automatic",
            '--define:process.env.NODE_ENV="production"',
            f"--outfile={folder / 'page.js'}",
        ],
        FOLDER,
    )
    with serving_files(folder) as served:
        yield served


@pytest.fixture
def network(chat: Chat) -> Iterator[Network]:
    """A network to the server."""
    with network_to(chat.api.http.base_url) as between:
        yield between


@pytest.fixture
def open_page(chromium: Page, address: str, network: Network) -> partial[ChatPage]:
    """Opens the page of a new chat."""
    return partial(ChatPage, chromium, address, network)


def newest(chat: Chat) -> str:
    """The text of the newest reply as it is stored."""
    rows = chat.rows("SELECT content FROM chat_messages WHERE role = 'assistant' ORDER BY id DESC")
    return str(rows[0][0])


@_libraries
def test_two_messages_and_their_replies(
    open_page: partial[ChatPage], chat: Chat, library: str
) -> None:
    page = open_page(library=library)
    expected: list[str] = []
    for text in ("How do I begin?", "And then?"):
        page.send(text)
        page.wait_for(f"document.querySelectorAll('.assistant').length > {len(expected) // 2}")
        page.wait_for_status("ready")
        expected += [text, newest(chat)]
    assert page.shown() == expected
    assert [one["content"] for one in chat.stand_in.prompts()[-1][1:]] == expected[:3]


@_libraries
def test_stopped(open_page: partial[ChatPage], chat: Chat, library: str) -> None:
    chat.stand_in.next({"tokens": 600, "tokens_per_second": 30})
    page = open_page(library=library)
    page.send("Long")
    page.wait_for_text(longer_than=20)
    page.click("stop")
    page.wait_for_status("ready")
    chat.stand_in.wait_for(running=0, cancelled=1)
    assert page.shown() == ["Long", newest(chat)]


@_libraries
def test_cut_off_in_the_middle_and_come_back(
    open_page: partial[ChatPage], chat: Chat, network: Network, library: str
) -> None:
    chat.stand_in.next(_SLOWLY)
    page = open_page(library=library)
    page.send("Slowly")
    for length in (10, 60):
        page.wait_for_text(longer_than=length)
        network.set_path(ProxyPath.RESETS)
        page.wait_for_status("error")
        network.set_path(ProxyPath.OPEN)
        page.click("back")
        page.wait_for_status("streaming")
    page.wait_for_status("ready")
    assert page.shown() == ["Slowly", newest(chat)]
    assert len(newest(chat).split()) == _SLOWLY["tokens"]
    assert chat.stand_in.counts()["received"] == 1


@_libraries
def test_written_again(open_page: partial[ChatPage], chat: Chat, library: str) -> None:
    page = open_page(library=library)
    page.send("Again")
    page.wait_for_text(longer_than=0)
    page.wait_for_status("ready")
    first = newest(chat)
    page.click("again")
    page.wait_for(f"{_REPLY} && document.querySelector('#status').textContent === 'ready'")
    chat.stand_in.wait_for(received=2, finished=2)
    page.wait_for_status("ready")
    page.wait_for_text(longer_than=0)
    assert page.shown() == ["Again", newest(chat)]
    assert first
