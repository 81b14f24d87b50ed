"""The chat at /chat in a browser: sent, cut off, edited, found, rated, wide and narrow."""

import json
from collections.abc import Iterator
from secrets import token_hex
from typing import Any

import pytest

from perf.chaos.outages.proxy import ProxyPath
from tests.fixtures.clients.browser import Page
from tests.fixtures.clients.network import Network, network_to
from tests.fixtures.servers.chat import Chat
from tests.fixtures.servers.server import token_of
from tests.fixtures.stores.world import ADA

pytestmark = pytest.mark.heavy

WIDE, NARROW = 1400, 390
HTML = "<b>bold</b><img src=x onerror=\"document.title='taken'\">"
_LAST = "[...document.querySelectorAll('.model')].at(-1)"
_RATED = (
    "SELECT rating, comment FROM chat_message_feedback ORDER BY created_at DESC, message_id DESC"
)


class ChatPage:
    """The page, and what somebody sees and does on it."""

    def __init__(self, page: Page, network: Network) -> None:
        self._page = page
        self.network = network
        self.address = f"{network.address}/chat"
        self.type, self.press, self.picture = page.type, page.press, page.picture

    def show(self, *, token: str, width: int = WIDE, scheme: str = "light") -> None:
        """Open the page in a new window, as whose token it is."""
        self._page.open(f"{self.network.address}/healthz", width=width, scheme=scheme)
        self.value(f"sessionStorage.setItem('chat.token', {json.dumps(token)}) ?? 0")
        self._page.open(self.address, width=width, scheme=scheme)

    def reload(self) -> None:
        """Load the page anew, with the address that it has."""
        address = self.value("location.href")
        self._page.open("about:blank", width=WIDE, scheme="light")
        self._page.open(address, width=WIDE, scheme="light")

    # Any: whatever the expression gives.
    def value(self, expression: str) -> Any:
        """What an expression gives on the page."""
        return self._page.value(expression)

    def wait_for(self, expression: str) -> None:
        """Wait until an expression is true."""
        self._page.wait_for(f"Boolean({expression})")

    def click(self, label: str, *, within: str = "document") -> None:
        """Press the last button that is seen, and called so."""
        buttons = f"[...{within}.querySelectorAll('button')]"
        name = "one.getAttribute('aria-label') ?? one.textContent"
        found = f"{buttons}.filter((one) => one.offsetWidth && ({name}) === {json.dumps(label)})"
        self.wait_for(f"{found}.length")
        self.value(f"{found}.at(-1).click() ?? 0")

    def choose(self, selector: str, value: str) -> None:
        """Choose one of the options of a field."""
        field = f"document.querySelector({json.dumps(selector)})"
        self.value(f"void ({field}.value = {json.dumps(value)}) ?? {field}.onchange() ?? 0")

    def write(self, selector: str, text: str) -> None:
        """Type into a field, over what is there."""
        field = f"document.querySelector({json.dumps(selector)})"
        self.wait_for(field)
        self.value(f"{field}.focus() ?? {field}.select() ?? 0")
        self.type(text)

    def send(self, text: str, *, replies: int = 1) -> None:
        """Send a message with the keyboard, and wait for the end of its reply."""
        self.write("#content", text)
        self.press("Enter")
        self.wait_for_end(replies)

    def wait_for_end(self, replies: int) -> None:
        """Wait until so many replies are shown, and the last of them has ended."""
        ended = f"{_LAST}?.getAttribute('aria-busy') === 'false'"
        self.wait_for(f"document.querySelectorAll('.model').length === {replies} && {ended}")
        self.wait_for("document.querySelector('#stop').hidden")

    def texts(self) -> list[str]:
        """The messages that are shown, in order."""
        texts = "[...document.querySelectorAll('#messages .text')].map((one) => one.textContent)"
        found: list[str] = self.value(texts)
        return found

    def place(self) -> str:
        """Which of how many versions is shown."""
        found: str = self.value("document.querySelector('.place')?.textContent ?? ''")
        return found


@pytest.fixture(scope="module")
def network(chat_server: Chat) -> Iterator[Network]:
    """A network to the server."""
    with network_to(chat_server.api.http.base_url) as between:
        yield between


@pytest.fixture
def page(chromium: Page, network: Network, chat: Chat) -> ChatPage:
    """The page as Ada sees it."""
    assert chat.api
    shown = ChatPage(chromium, network)
    shown.show(token=token_of(ADA))
    shown.wait_for("document.querySelectorAll('#list .entry').length")
    return shown


def stored(chat: Chat) -> str:
    """The text of the newest reply as it is stored."""
    rows = chat.rows("SELECT content FROM chat_messages WHERE role = 'assistant' ORDER BY id DESC")
    return str(rows[0][0])


def test_sent_with_the_keyboard_and_never_html(page: ChatPage, chat: Chat) -> None:
    chat.stand_in.behave(mode="echo")
    page.send(HTML)
    assert page.texts() == [HTML, stored(chat)]
    assert HTML in stored(chat)
    assert page.value("document.querySelector('#messages').querySelectorAll('b, img').length") == 0
    assert page.value("document.querySelector('#quota').title").endswith(
        " of 1000 messages are left today"
    )
    page.wait_for("document.querySelector('#list .entry[aria-current] b')")
    page.send("And then?", replies=2)
    assert page.texts()[2:] == ["And then?", stored(chat)]
    assert [one["content"] for one in chat.stand_in.prompts()[-1][1:]] == page.texts()[:3]


def test_cut_off_in_the_middle_every_character_is_there_once(page: ChatPage, chat: Chat) -> None:
    chat.stand_in.next({"tokens": 60, "tokens_per_second": 60})
    page.write("#content", "Slowly")
    page.press("Enter")
    for length in (10, 90):
        page.wait_for(f"({_LAST}?.querySelector('.text').textContent ?? '').length > {length}")
        page.network.set_path(ProxyPath.RESETS)
        page.network.set_path(ProxyPath.OPEN)
    page.wait_for_end(1)
    assert page.texts() == ["Slowly", stored(chat)]
    assert len(stored(chat).split()) == 60
    assert chat.stand_in.counts()["received"] == 1


@pytest.mark.slow
def test_stopped_and_gone_on_with_after_a_reload(page: ChatPage, chat: Chat) -> None:
    chat.stand_in.next({"tokens": 600, "tokens_per_second": 30})
    page.write("#content", "Long")
    page.press("Enter")
    page.wait_for(f"({_LAST}?.querySelector('.text').textContent ?? '').length > 20")
    page.reload()
    page.wait_for(f"({_LAST}?.querySelector('.text').textContent ?? '').length > 40")
    page.click("Stop")
    page.wait_for_end(1)
    assert page.texts() == ["Long", stored(chat)]
    assert "was stopped" in page.value(f"{_LAST}.querySelector('.state').textContent")


def test_edited_to_another_version_and_back(page: ChatPage, chat: Chat) -> None:
    page.send("First")
    first = page.texts()
    page.click("Edit")
    page.write("#messages textarea", "Second")
    page.press("Enter")
    page.wait_for("document.querySelector('.place')?.textContent === '2/2'")
    page.wait_for_end(1)
    second = page.texts()
    assert second == ["Second", stored(chat)]
    page.click("Version before")
    page.wait_for("document.querySelector('.place')?.textContent === '1/2'")
    assert page.texts() == first
    page.click("Answer again")
    page.wait_for("[...document.querySelectorAll('.place')].at(-1)?.textContent === '2/2'")
    page.wait_for_end(1)
    page.reload()
    page.wait_for("document.querySelectorAll('#messages .text').length === 2")
    assert (page.texts()[0], page.place()) == ("First", "1/2")


def test_rated_commented_and_taken_back(page: ChatPage, chat: Chat) -> None:
    page.send("Rate this")
    page.click("Not a good reply")
    page.wait_for("document.querySelector('[aria-pressed=true]')?.title === 'Not a good reply'")
    assert chat.rows(_RATED)[0] == ("down", None)
    page.click("Comment")
    page.write("#messages textarea", "Too long.")
    page.click("Save")
    tools = "[...document.querySelectorAll('.tool')]"
    page.wait_for(f"{tools}.some((one) => one.textContent === 'Comment: Too long.')")
    assert chat.rows(_RATED)[0] == ("down", "Too long.")
    before = len(chat.rows(_RATED))
    page.click("Not a good reply")
    page.wait_for("!document.querySelector('[aria-pressed=true]')")
    assert len(chat.rows(_RATED)) == before - 1


def test_found_with_its_words_marked(page: ChatPage, chat: Chat) -> None:
    word = f"quince{token_hex(4)}"
    page.send(f"What about a {word}?")
    page.click("New conversation")
    page.write("#search", word)
    page.wait_for("document.querySelector('#list mark')")
    assert page.value("document.querySelector('#list mark').textContent") == word
    page.value("document.querySelector('#list .entry').click() ?? 0")
    page.wait_for("document.querySelector('.found .text')")
    assert (
        page.value("document.querySelector('.found .text').textContent") == f"What about a {word}?"
    )
    assert chat.api


@pytest.mark.slow
def test_named_pinned_tagged_and_deleted(page: ChatPage, chat: Chat) -> None:
    page.send("Name this")
    title, tag = f"Plans {token_hex(3)}", token_hex(3)
    page.click("Rename")
    page.write("#answer", title)
    page.press("Enter")
    page.wait_for(f"document.querySelector('#title').textContent === '{title}'")
    page.click("Pin")
    page.wait_for("document.querySelector('#list .entry .pinned')")
    first = "document.querySelector('#list .entry b').textContent"
    page.wait_for(f"{first} === '{title}'")
    page.click("Tags")
    page.write("#answer", f"{tag}, other")
    page.press("Enter")
    page.wait_for(
        f"[...document.querySelector('#tag').options].some((one) => one.value === '{tag}')"
    )
    page.choose("#tag", tag)
    page.wait_for("document.querySelectorAll('#list .entry').length === 1")
    page.click("Delete", within="document.querySelector('.top')")
    page.click("Delete", within="document.querySelector('#question')")
    page.wait_for("document.querySelectorAll('#list .entry').length === 0")
    assert chat.rows(f"SELECT FROM chat_conversations WHERE title = '{title}'") == []


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_a_phone_shows_the_list_or_a_conversation_within_its_width(
    page: ChatPage, scheme: str
) -> None:
    page.show(token=token_of(ADA), width=NARROW, scheme=scheme)
    page.wait_for("document.querySelectorAll('#list .entry').length")
    assert page.value("document.querySelector('main').offsetWidth") == 0
    page.click("New conversation")
    page.send("x" * 200)
    assert page.value("document.querySelector('.conversations').offsetWidth") == 0
    assert page.value("document.documentElement.scrollWidth") == NARROW
    page.click("Back to the list")
    assert page.value("document.querySelector('.conversations').offsetWidth") == NARROW
    assert page.value("document.documentElement.scrollWidth") == NARROW


@pytest.mark.slow
def test_a_token_that_is_no_good_is_asked_for(page: ChatPage) -> None:
    page.show(token="nonsense")
    page.wait_for("document.querySelector('#token-dialog').open")
    page.write("#token", token_of(ADA))
    page.press("Enter")
    page.wait_for("document.querySelectorAll('#list .entry').length")
