"""Whom proxies name as the one who asks."""

import pytest

from app.http.connections.proxies import Proxies


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        (b"203.0.113.7", "203.0.113.7"),
        (b"198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (b"203.0.113.7, 10.0.0.2 ,10.0.0.3", "203.0.113.7"),
        (b"10.0.0.2, 10.0.0.3", "10.0.0.2"),
        (b"\xff, 203.0.113.7", "203.0.113.7"),
        (b"", None),
    ],
)
def test_it_is_the_last_who_is_none_of_them(forwarded: bytes, client: str | None) -> None:
    assert Proxies(["10.0.0.0/24"]).client_of(forwarded) == client
