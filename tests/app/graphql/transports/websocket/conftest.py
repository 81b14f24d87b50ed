"""Clients of sockets."""

from collections.abc import Iterator

import pytest

from tests.fixtures.live import Live
from tests.fixtures.peer import Peer, peer


@pytest.fixture
def client(live: Live) -> Iterator[Peer]:
    """A peer that has not said anything yet."""
    with peer(live.socket_address) as connected:
        yield connected


@pytest.fixture
def known(client: Peer) -> Peer:
    """A peer whose connection was acknowledged."""
    return client.init()
