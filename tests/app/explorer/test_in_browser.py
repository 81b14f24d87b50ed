"""The page in a browser, as somebody meets it: typed into, run, shared, wide and narrow."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.fixtures.clients.browser import Page
from tests.fixtures.servers.server import Api, serving, settings_for, token_of
from tests.fixtures.stores.world import ADA

pytestmark = pytest.mark.heavy

WIDE, NARROW = 1400, 390
DEFERRED = "query D { viewer { email ... @defer { quota { limit } } } }"
IN_TAB = ":is(.request, .answer):not([hidden])"


class Explorer:
    """The page, and what somebody sees and does on it."""

    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        self._address = address
        self.type, self.press = page.type, page.press

    def show(self, suffix: str = "", *, width: int = WIDE, scheme: str = "light") -> None:
        """Open the page in the same window, by an address of its own."""
        # A new fragment alone would not load it again.
        self._page.open("about:blank", width=width, scheme=scheme)
        self._page.open(self._address + suffix, width=width, scheme=scheme)
        self._page.wait_for("document.querySelectorAll('#documentation li').length > 20")

    # Any: whatever the expression gives.
    def value(self, expression: str) -> Any:
        """What an expression gives on the page."""
        return self._page.value(expression)

    def click(self, selector: str) -> None:
        """Click what a selector finds first."""
        self._page.value(f"void document.querySelector(`{selector}`).click() ?? 0")

    def text(self, selector: str) -> str:
        """The text of what a selector finds first in the tab that is shown."""
        found: str = self._page.value(f"document.querySelector(`{IN_TAB} {selector}`).textContent")
        return found

    def wait_for(self, selector: str, text: str) -> None:
        """Wait until what a selector finds in the tab that is shown has a text."""
        query = f"document.querySelector(`{IN_TAB} {selector}`)"
        self._page.wait_for(f"{query}?.textContent.includes(`{text}`)")

    def problems(self, editor: str) -> list[str]:
        """The problems that an editor lists."""
        rows = f"document.querySelectorAll(`{IN_TAB} .{editor} .problems li`)"
        found: list[str] = self._page.value(f"[...{rows}].map((row) => row.textContent)")
        return found

    def write(self, editor: str, text: str, *, at: str = "") -> None:
        """Type a text into an editor, over what is there or in front of `at`."""
        field = f"document.querySelector(`{IN_TAB} .{editor} textarea`)"
        self._page.value(f"{field}.focus() ?? 0")
        if at:
            place = f"{field}.value.indexOf(`{at}`)"
            self._page.value(f"{field}.setSelectionRange({place}, {place}) ?? 0")
        else:
            self._page.value(f"{field}.select() ?? 0")
        self._page.type(text)

    def typed(self, editor: str) -> str:
        """The text of an editor."""
        found: str = self._page.value(
            f"document.querySelector(`{IN_TAB} .{editor} textarea`).value"
        )
        return found


@pytest.fixture(scope="module")
def demo(world: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server whose page can ask as a person, as that of the demo can."""
    callers = {"Ada": {"Authorization": f"Bearer {token_of(ADA)}"}}
    folder = tmp_path_factory.mktemp("explorer")
    with serving(settings_for(world, folder, graphql_ide_callers=callers)) as api:
        yield api


@pytest.fixture
def page(chromium: Page, demo: Api) -> Explorer:
    """The page as a new window of a new browser shows it."""
    origin = str(demo.http.base_url).rstrip("/")
    explorer = Explorer(chromium, f"{origin}/graphql")
    chromium.open(f"{origin}/healthz", width=WIDE, scheme="light")
    explorer.value("localStorage.clear() ?? sessionStorage.clear() ?? 0")
    explorer.show()
    return explorer


def test_the_first_operation_runs_as_the_demos_person(page: Explorer) -> None:
    page.press("Enter", ctrl=True)
    page.wait_for(".status", "200")
    assert '"email": "ada@example.com"' in page.text(".result")
    assert page.problems("query") == []


def test_typing_is_completed_from_the_schema(page: Explorer) -> None:
    page.write("query", "{")
    page.press("Enter")
    page.type("vie")
    assert (
        page.value("document.querySelector('.popup:not([hidden]) li').textContent") == "viewerUser"
    )
    page.press("Tab")
    page.type("quo")
    page.press("Tab")
    page.type("us")
    page.press("Enter")
    assert page.typed("query") == "{\n  viewer { quota { used } }\n}"
    page.press("Enter", ctrl=True)
    page.wait_for(".result", '"used": ')


@pytest.mark.slow
def test_what_is_wrong_is_marked_while_it_is_typed(page: Explorer) -> None:
    page.write("query", "foo ", at="email")
    assert page.problems("query") == ["Line 4 User has no field “foo”."]
    assert page.value("document.querySelector('.query .wrong').textContent") == "foo"


@pytest.mark.slow
def test_the_servers_errors_are_marked_until_the_text_changes(page: Explorer) -> None:
    page.show("#" + "query=" + quote('{ node(id: "nothing") { id } }'))
    page.click("#run")
    page.wait_for(".query .problems", "Line 1")
    assert page.value("document.querySelector('.request:not([hidden]) .query .wrong').textContent")
    page.write("query", " ", at="{ node")
    assert page.problems("query") == []


def test_an_old_answer_is_never_under_a_new_error(page: Explorer) -> None:
    page.click("#run")
    page.wait_for(".status", "200")
    page.write("variables", "[1]")
    page.click("#run")
    assert page.text(".problem") == "The variables are no JSON object: nothing was sent."
    assert (page.text(".result"), page.text(".status")) == ("", "")


def test_deferred_parts_arrive_in_one_answer(page: Explorer) -> None:
    page.show(f"#query={quote(DEFERRED)}")
    page.click("#run")
    page.wait_for(".status", "2 parts")
    assert '"limit": 1000' in page.text(".result")
    assert "hasNext" not in page.text(".result")


@pytest.mark.slow
def test_variables_show_their_types_and_are_filled_in(page: Explorer) -> None:
    page_of = "conversations(first: $first, after: $after) { edges { cursor } }"
    document = f"query Q($first: Int!, $after: String) {{ viewer {{ {page_of} }} }}"
    page.show(f"#query={quote(document)}")
    assert page.text(".types") == "$first: Int!  $after: String"
    assert page.problems("variables") == ["Line 1 The operation needs “first: Int!”."]
    page.click(f"{IN_TAB} .part button")
    assert page.typed("variables") == '{\n  "first": 0,\n  "after": ""\n}'
    assert page.problems("variables") == []


def test_tabs_share_nothing(page: Explorer) -> None:
    page.click("#run")
    page.wait_for(".status", "200")
    page.click("[aria-label='New operation']")
    assert (page.typed("query"), page.text(".result")) == ("", "")
    page.write("query", "{ plans { code } ")
    page.write("variables", '{"other": 1')
    page.click("[role=tab]")
    assert page.typed("query").startswith("# Ctrl+Enter")
    assert page.typed("variables") == ""
    assert "ada@example.com" in page.text(".result")


@pytest.mark.slow
def test_a_visit_goes_on_where_it_was_left(page: Explorer) -> None:
    page.write("query", "{ plans { code ")
    page.show()
    assert page.typed("query") == "{ plans { code }}"


def test_a_link_shows_the_page_with_the_operation(page: Explorer) -> None:
    page.show(f"?query={quote(DEFERRED)}&variables={quote('{}')}")
    assert (page.typed("query"), page.typed("variables")) == (DEFERRED, "{}")
    page.value(
        "void (navigator.clipboard.writeText = async (text) => { window.copied = text; }) ?? 0"
    )
    page.click("#share")
    link = page.value("window.copied")
    page.show(link.removeprefix(link.split("#")[0]))
    assert page.typed("query") == DEFERRED
    assert "Bearer" not in link


@pytest.mark.slow
def test_what_was_run_is_found_again(page: Explorer) -> None:
    page.show(f"#query={quote(DEFERRED)}")
    page.click("#run")
    page.wait_for(".status", "2 parts")
    page.write("query", "{ plans { code ")
    page.click("#past")
    page.click("#history .entry")
    assert page.typed("query") == DEFERRED


@pytest.mark.slow
def test_prettify_keeps_what_it_cannot_read(page: Explorer) -> None:
    page.show("#query=" + quote("{ plans { code name: displayName } }"))
    page.click("#format")
    assert page.typed("query") == "{\n  plans {\n    code\n    name: displayName\n  }\n}\n"
    page.write("query", ") ", at="plans")
    page.click("#format")
    assert page.typed("query").startswith("{\n  ) plans")


@pytest.mark.slow
def test_the_documentation_goes_back_and_forth(page: Explorer) -> None:
    def title() -> str:
        found: str = page.value("document.querySelector('#documentation :is(h2, h3)').textContent")
        return found

    page.click("#documentation .link")
    page.click("#documentation ul .link")
    assert title() == "Node"
    page.click("#back")
    assert title() == "Query"
    page.click("#back")
    assert title() == "Where operations begin"
    page.click("#forth")
    page.click("#forth")
    assert title() == "Node"
    assert page.value("document.querySelector('#forth').disabled")


@pytest.mark.slow
def test_light_and_dark_are_chosen_and_kept(page: Explorer) -> None:
    def ground() -> str:
        found: str = page.value("getComputedStyle(document.body).backgroundColor")
        return found

    light = ground()
    page.value(
        "scheme = document.querySelector('#scheme'); scheme.value = 'dark'; scheme.onchange() ?? 0"
    )
    dark = ground()
    page.show()
    assert (ground(), dark != light) == (dark, True)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["request", "answer", "schema"])
def test_a_phone_shows_one_part_at_a_time_within_its_width(page: Explorer, part: str) -> None:
    page.show(width=NARROW, scheme="dark")
    page.click("#run")
    page.click(f"[data-pane={part}]")
    shown = "[...document.querySelectorAll('main > *')].filter((one) => one.offsetWidth)"
    assert page.value(f"{shown}.map((one) => one.className || one.id)") == [part]
    assert page.value("document.documentElement.scrollWidth") == NARROW
