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


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("10.0.0.7", True),
        ("::ffff:10.0.0.7", True),
        ("10.0.1.7", False),
        ("::ffff:10.0.1.7", False),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        ("not an address", False),
        (None, False),
    ],
)
def test_an_address_is_one_of_them_in_either_form(address: object, *, is_one: bool) -> None:
    assert (address in Proxies(["10.0.0.0/24", "2001:db8::/32"])) is is_one
