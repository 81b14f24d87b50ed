"""Content negotiation: the media type of a response, from the Accept header (RFC 9110, 12.5.1)."""

from dataclasses import dataclass, field
from functools import lru_cache

from gql.runtime.incremental import INCREMENTAL_SPEC

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
MULTIPART_MIXED = "multipart/mixed"
_INCREMENTAL = "incrementalspec"
_OTHER_PARTS = frozenset({"deferspec", "subscriptionspec"})
"""Parameters of older formats of `multipart/mixed`, which are not served."""
_SUPPORTED = {
    GRAPHQL_JSON: GRAPHQL_JSON,
    JSON: JSON,
    EVENT_STREAM: EVENT_STREAM,
    "*/*": JSON,
    "application/*": JSON,
    "text/*": EVENT_STREAM,
}


@dataclass(frozen=True, slots=True)
class AcceptedTypes:
    """The preferred of the media types that we produce, and which others are accepted.

    `wants_plain_json` is true for a client that prefers `application/json` to
    `application/graphql-response+json`: it may not expect an HTTP status other than 200.
    """

    preferred: str
    json: str
    allows_stream: bool
    wants_plain_json: bool
    allows_multipart: bool = False
    allows_incremental_events: bool = False

    prefers_stream: bool = field(init=False)
    """Whether every response is to be an event stream."""
    supports_incremental: bool = field(init=False)
    """Whether a response may come in parts, in the form that it then has."""

    def __post_init__(self) -> None:
        """Compute once what every request needs."""
        is_stream = self.preferred == EVENT_STREAM
        allows_parts = self.allows_incremental_events if is_stream else self.allows_multipart
        object.__setattr__(self, "prefers_stream", is_stream)
        object.__setattr__(self, "supports_incremental", allows_parts)


ACCEPTS_ANYTHING = AcceptedTypes(JSON, JSON, allows_stream=False, wants_plain_json=False)
_LONGEST = 1_000
"""A longer header is not parsed; browsers send 150 characters."""


def parse_accept(header: str | None) -> AcceptedTypes | None:
    """What `header` accepts of our media types; None if it is nothing, or the header is too long.

    Of types with equal quality the first is preferred. An event stream must be named: a client
    that accepts `*/*` may not expect a response that does not end.
    """
    if header is None or not header.strip(", \t"):
        return ACCEPTS_ANYTHING
    return _parse(header) if len(header) <= _LONGEST else None


@lru_cache(maxsize=256)
def _parse(header: str) -> AcceptedTypes | None:
    listed = [one for one in map(_read, header.lower().split(",")) if one.quality > 0]
    wanted = [one for one in listed if one.name in _SUPPORTED or one.is_multipart]
    if not wanted:
        return None
    names = [
        one.name for one in sorted(wanted, key=lambda one: -one.quality) if one.name in _SUPPORTED
    ]
    ranked = [_SUPPORTED[name] for name in names] or [JSON]
    json = next((name for name in names if _SUPPORTED[name] != EVENT_STREAM), "*/*")
    return AcceptedTypes(
        ranked[0],
        _SUPPORTED[json],
        allows_stream=EVENT_STREAM in ranked,
        wants_plain_json=json == JSON,
        allows_multipart=any(one.is_multipart for one in listed),
        allows_incremental_events=any(
            one.name == EVENT_STREAM and one.spec == INCREMENTAL_SPEC for one in listed
        ),
    )


@dataclass(frozen=True, slots=True)
class _MediaRange:
    name: str
    quality: float
    spec: str | None
    is_other: bool

    @property
    def is_multipart(self) -> bool:
        return (
            self.name == MULTIPART_MIXED
            and not self.is_other
            and (self.spec is None or self.spec == INCREMENTAL_SPEC)
        )


def _read(part: str) -> _MediaRange:
    media_type, *pieces = (piece.strip() for piece in part.split(";"))
    parameters = {
        name.strip(): value.strip().strip('"')
        for name, _, value in (piece.partition("=") for piece in pieces)
    }
    try:
        quality = float(parameters.get("q", 1))
    except ValueError:
        quality = 0.0
    is_other = not _OTHER_PARTS.isdisjoint(parameters)
    return _MediaRange(media_type, quality, parameters.get(_INCREMENTAL), is_other)
