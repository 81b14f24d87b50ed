"""Clients of sockets."""

from collections.abc import Iterator

import pytest

from tests.fixtures.clients.peer import Peer, peer
from tests.fixtures.servers.live import Live


@pytest.fixture
def client(live: Live) -> Iterator[Peer]:
    """A peer that has not said anything yet."""
    with peer(live.socket_address) as connected:
        yield connected


@pytest.fixture
def known(client: Peer) -> Peer:
    """A peer whose connection was acknowledged."""
    return client.init()
