"""What a client accepts as an answer, out of its Accept header (RFC 9110, section 12.5.1)."""

from dataclasses import dataclass
from functools import lru_cache

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
_OURS = {
    GRAPHQL_JSON: GRAPHQL_JSON,
    JSON: JSON,
    EVENT_STREAM: EVENT_STREAM,
    "*/*": JSON,
    "application/*": JSON,
    "text/*": EVENT_STREAM,
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """The media type that is preferred of ours, and what else matters.

    `wants_plain_json` is said of a client that names `application/json`, and prefers it to
    `application/graphql-response+json`: one from before HTTP's status said anything of GraphQL.
    """

    preferred: str
    json: str
    allows_stream: bool
    wants_plain_json: bool

    @property
    def prefers_stream(self) -> bool:
        """Whether any answer is to be a stream of events."""
        return self.preferred == EVENT_STREAM


_ANYTHING = Accepted(JSON, JSON, allows_stream=False, wants_plain_json=False)


@lru_cache(maxsize=256)
def accepted(header: str | None) -> Accepted | None:
    """What `header` accepts of ours; None when that is nothing.

    Of equal qualities the first counts, so that a client that lists the stream after JSON gets
    JSON. Only a client that names it gets a stream: one that accepts anything may not expect an
    answer that does not end.
    """
    if header is None:
        return _ANYTHING
    listed = [_with_quality(part) for part in header.lower().split(",")]
    wanted = [(name, quality) for name, quality in listed if name in _OURS and quality > 0]
    if not wanted:
        return None
    names = [name for name, _ in sorted(wanted, key=lambda one: -one[1])]
    ranked = [_OURS[name] for name in names]
    json = next((name for name in names if _OURS[name] != EVENT_STREAM), "*/*")
    return Accepted(
        ranked[0],
        _OURS[json],
        allows_stream=EVENT_STREAM in ranked,
        wants_plain_json=json == JSON,
    )


def _with_quality(part: str) -> tuple[str, float]:
    media_type, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return media_type, float(value)
            except ValueError:
                return media_type, 0.0
    return media_type, 1.0
