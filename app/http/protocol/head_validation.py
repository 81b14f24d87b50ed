"""Validates the head of a request beyond what the parser does (RFC 9112).

What two servers could read differently is refused, since one may be the proxy in front of us
(request smuggling).
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import product

from httptools import HttpParserError, parse_url

Fields = Sequence[tuple[bytes, bytes]]
_VERSIONS = frozenset({"1.0", "1.1"})
_SINGLETON_FIELDS = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"expect",
        b"host",
        b"last-event-id",
        b"origin",
        b"sec-fetch-site",
        b"sec-websocket-key",
        b"stripe-signature",
        b"transfer-encoding",
        b"upgrade",
        b"x-api-key",
    }
)
"""Fields that may occur only once, because decisions depend on them."""
_INTERPRETED_FIELDS = _SINGLETON_FIELDS | {
    b"graphql-cost",
    b"x-forwarded-for",
    b"x-forwarded-proto",
    b"x-request-id",
}
_HOST = re.compile(
    rb"(\[[0-9A-Fa-f:.]+(%25[\w.~-]+)?\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(:\d{0,5})?", re.ASCII
)
_LONGEST_HOST = 300
_SLASH = ord("/")


def _underscore_variants(name: bytes) -> set[bytes]:
    """The spellings with `_` that some proxies take for this name."""
    parts = name.split(b"-")
    joints = product((b"-", b"_"), repeat=len(parts) - 1)
    spelled = {
        b"".join(part + joint for part, joint in zip(parts, (*between, b""), strict=True))
        for between in joints
    }
    return spelled - {name}


_UNDERSCORE_VARIANTS = frozenset().union(*map(_underscore_variants, _INTERPRETED_FIELDS))


def head_fault(version: str, method: bytes, target: bytes, headers: Fields) -> str | None:
    """Why a head is invalid, as a message for the client; None if it is valid.

    Field names are in lower case.
    """
    if version not in _VERSIONS:
        return "The version of HTTP is 1.1 or 1.0."
    by_name = dict(headers)
    host = by_name.get(b"host")
    fault = _name_fault(by_name, headers)
    if fault is None and (host is None or not _is_host(host)):
        fault = _host_fault(version, host)
    if fault is None and b"transfer-encoding" in by_name:
        fault = _transfer_encoding_fault(version, by_name[b"transfer-encoding"])
    if fault is None and (target[0] != _SLASH or method == b"CONNECT"):
        fault = _target_fault(method, target, host)
    return fault


def _name_fault(by_name: Mapping[bytes, bytes], headers: Fields) -> str | None:
    if len(by_name) != len(headers):
        duplicate = _duplicate(headers)
        if duplicate is not None:
            return f"There are two fields {duplicate.decode()}."
    if not _UNDERSCORE_VARIANTS.isdisjoint(by_name):
        return "The name of a field has an underscore where ours has a hyphen."
    return None


def _host_fault(version: str, host: bytes | None) -> str | None:
    if host is not None:
        return "The field host is no host."
    return "There is no field host." if version == "1.1" else None


def _transfer_encoding_fault(version: str, encoding: bytes) -> str | None:
    if version == "1.0":
        return "HTTP/1.0 knows no transfer-encoding."
    if encoding.strip().lower() != b"chunked":
        return "The transfer-encoding is chunked, or there is none."
    return None


def _duplicate(headers: Fields) -> bytes | None:
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in seen and name in _SINGLETON_FIELDS:
            return name
        seen.add(name)
    return None


@lru_cache(maxsize=64)
def _is_host(host: bytes) -> bool:
    return len(host) <= _LONGEST_HOST and _HOST.fullmatch(host) is not None


def _target_fault(method: bytes, target: bytes, host: bytes | None) -> str | None:
    """The fault of a target that is no path: `*` and absolute URLs of the own host are valid."""
    if target == b"*" and method == b"OPTIONS":
        return None
    scheme, separator, rest = target.partition(b"://")
    if method != b"CONNECT" and separator and scheme.lower() in {b"http", b"https"}:
        try:
            parse_url(target)
        except HttpParserError:
            return "The target of the request is no URL."
        authority = re.split(rb"[/?#]", rest, maxsplit=1)[0]
        if host is None or authority.lower() == host.lower():
            return None
        return "The target of the request and the field host differ."
    return "The target of the request is a path."
