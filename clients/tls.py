"""Whom the outside world's servers are known by, for every client of the process."""

import ssl
from functools import cache

import httpx2


@cache
def authorities() -> ssl.SSLContext:
    """The authorities that the system trusts: read once, which takes 20 ms, and shared."""
    return httpx2.create_ssl_context()
