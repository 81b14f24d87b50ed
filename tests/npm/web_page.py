"""The example of a page: Vite that serves it, and what somebody sees and does there."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.fixtures.clients.browser import Page
from tests.fixtures.clients.npm import PACKAGES, WEB
from tests.fixtures.run.tools import tool

_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_REPLY = "[...document.querySelectorAll('.assistant')].at(-1)"
_SENT = "performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/graphql'))"


@contextmanager
def serving_page(command: str, target: str) -> Iterator[str]:
    """Run a command of Vite until the block is left; gives the address of the page."""
    process = subprocess.Popen(
        [tool("node"), str(PACKAGES / "vite/bin/vite.js"), command, "--host=127.0.0.1", "--port=0"],
        cwd=WEB,
        env={"PATH": os.environ["PATH"], "ADDRESS": target},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        lines = (_ADDRESS.search(_COLORS.sub("", line)) for line in process.stdout)
        yield next(found[0] for found in lines if found is not None)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


class WebPage:
    """The page, and what somebody sees and does there."""

    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        self._address = address

    def sign_in(self, token: str) -> None:
        """Open the page anew, and give it a token."""
        self._page.open("about:blank", width=900, scheme="light")
        self._page.open(self._address, width=900, scheme="light")
        self._page.value("sessionStorage.clear() ?? 0")
        self._page.open(self._address, width=900, scheme="light")
        self.wait_for("document.querySelector('[name=token]')")
        self.type("[name=token]", token)
        self._page.press("Enter")

    def type(self, selector: str, text: str) -> None:
        """Type into a field."""
        self._page.value(f"document.querySelector('{selector}').focus() ?? 0")
        self._page.type(text)

    def send(self, text: str) -> None:
        """Write a message and send it."""
        self.type("[aria-label=Message]", text)
        self._page.press("Enter")

    def click(self, selector: str) -> None:
        """Click what a selector finds first."""
        self.wait_for(f"document.querySelector('{selector}')")
        self._page.value(f"document.querySelector('{selector}').click() ?? 0")

    def wait_for(self, expression: str) -> None:
        """Wait until an expression is true."""
        self._page.wait_for(f"Boolean({expression})")

    def wait_for_status(self, status: str) -> None:
        """Wait until the last reply has a status."""
        self.wait_for(f"{_REPLY}?.dataset.status === '{status}'")

    def wait_for_text(self, *, longer_than: int) -> None:
        """Wait until the last reply has more characters than that."""
        self.wait_for(f"({_REPLY}?.querySelector('p').textContent ?? '').length > {longer_than}")

    def texts(self, selector: str) -> list[str]:
        """The texts of what a selector finds, in order."""
        texts = f"[...document.querySelectorAll('{selector}')].map((one) => one.textContent)"
        found: list[str] = self._page.value(texts)
        return found

    def typed(self) -> str:
        """The text of the message that is being written."""
        return str(self._page.value("document.querySelector('[aria-label=Message]').value"))

    def asked(self) -> int:
        """How many requests the page has made over HTTP."""
        return int(self._page.value(f"{_SENT}.length"))
