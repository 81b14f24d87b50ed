"""Routers: known by a key, or by a certificate that a trusted proxy has verified."""

from base64 import b64encode
from hashlib import sha256

import pytest

from app.authentication.authenticator import NotAuthenticated
from app.authentication.routers import Routers
from app.http.connections.proxies import Proxies
from services.callers.principal import Router

KEY, CERTIFICATE = "a key of a router", b"the bytes of a certificate"
DIGEST = sha256(CERTIFICATE).hexdigest()
FIELD = f":{b64encode(CERTIFICATE).decode()}:"
PROXY, OTHER = "10.0.0.1", "10.0.0.2"
ROUTERS = Routers([KEY, "another key"], [DIGEST], Proxies([PROXY]))


def test_by_its_key() -> None:
    known = ROUTERS.identify({"x-router-key": KEY}, OTHER)
    assert known == Router(sha256(KEY.encode()).hexdigest()[:12])
    assert ROUTERS.identify({"x-router-key": f" {KEY} "}, None) == known
    assert ROUTERS.identify({"x-router-key": "another key"}, OTHER) != known


def test_by_its_certificate() -> None:
    assert ROUTERS.identify({"client-cert": FIELD}, PROXY) == Router(DIGEST[:12])
    assert ROUTERS.identify({"client-cert": f" {FIELD} "}, PROXY) == Router(DIGEST[:12])


@pytest.mark.parametrize("peer", [OTHER, None, "not an address"])
def test_a_certificate_that_no_trusted_proxy_passes_on_says_nothing(peer: str | None) -> None:
    assert ROUTERS.identify({"client-cert": FIELD}, peer) is None


def test_where_no_certificates_are_known_the_field_says_nothing() -> None:
    assert Routers([KEY], [], Proxies([PROXY])).identify({"client-cert": FIELD}, PROXY) is None


def test_a_request_without_either_is_no_routers() -> None:
    assert ROUTERS.identify({}, PROXY) is None


@pytest.mark.parametrize("key", ["", " ", KEY[:-1], KEY.upper(), "\xff", sha256(b"").hexdigest()])
def test_a_wrong_key_is_refused(key: str) -> None:
    with pytest.raises(NotAuthenticated, match="key"):
        ROUTERS.identify({"x-router-key": key}, PROXY)


@pytest.mark.parametrize("field", ["", "::", FIELD[1:], FIELD[:-1], ":=:", ":====:", ":YQ==:"])
def test_a_certificate_of_nobody_is_refused(field: str) -> None:
    with pytest.raises(NotAuthenticated, match="certificate"):
        ROUTERS.identify({"client-cert": field}, PROXY)
