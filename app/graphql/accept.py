"""What a client accepts as an answer, out of its Accept header (RFC 9110, section 12.5.1)."""

from dataclasses import dataclass

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
_OURS = {
    GRAPHQL_JSON: GRAPHQL_JSON,
    JSON: JSON,
    EVENT_STREAM: EVENT_STREAM,
    "*/*": GRAPHQL_JSON,
    "application/*": GRAPHQL_JSON,
    "text/*": EVENT_STREAM,
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """The media type that is preferred of ours, and what else matters."""

    preferred: str
    json: str
    allows_stream: bool

    @property
    def prefers_stream(self) -> bool:
        """Whether any answer is to be a stream of events."""
        return self.preferred == EVENT_STREAM


def accepted(header: str | None) -> Accepted | None:
    """What `header` accepts of ours; None when that is nothing.

    Of equal qualities the first counts, so that a client that lists the stream after JSON gets
    JSON. Only a client that names it gets a stream: one that accepts anything may not expect an
    answer that does not end.
    """
    if header is None:
        return Accepted(GRAPHQL_JSON, GRAPHQL_JSON, allows_stream=False)
    listed = [_with_quality(part) for part in header.lower().split(",")]
    wanted = [(_OURS[name], quality) for name, quality in listed if name in _OURS and quality > 0]
    if not wanted:
        return None
    ranked = [name for name, _ in sorted(wanted, key=lambda one: -one[1])]
    json = next((name for name in ranked if name != EVENT_STREAM), GRAPHQL_JSON)
    return Accepted(ranked[0], json, allows_stream=EVENT_STREAM in ranked)


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
