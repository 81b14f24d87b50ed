"""The page at /chat runs the client that is published."""

import pytest

from tests.fixtures.clients.npm import NodeTests
from tests.npm.page_client import BUILT, ON_PAGE, OWN, modules

pytestmark = pytest.mark.heavy


def test_the_modules_of_the_page_are_those_of_the_client(node_tests: NodeTests) -> None:
    del node_tests
    built = {name: (BUILT / name).read_text() for name in modules()}
    shown = {one.name: one.read_text() for one in ON_PAGE.iterdir() if one.name != OWN}
    assert shown == built, "python -m tests.npm.page_client"
