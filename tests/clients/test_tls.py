"""Whom servers elsewhere are known by."""

import ssl

from clients.tls import tls_context


def test_a_server_must_be_vouched_for_under_its_name() -> None:
    context = tls_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_they_are_read_once() -> None:
    assert tls_context() is tls_context()
