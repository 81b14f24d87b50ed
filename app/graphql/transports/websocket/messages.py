"""Parses the messages that clients of graphql-transport-ws send."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from app.graphql.request.bad_request import BadRequest
from app.graphql.request.bounded_json import InvalidJson, bounded_json
from app.graphql.request.graphql_request import GraphQLRequest
from app.graphql.request.parsing import parse_members

_LONGEST_ID = 255
"""Each message of an operation repeats its id, each piece of a reply too."""


class InvalidMessage(Exception):
    """The message is invalid; the reason fits into a close frame."""


@dataclass(frozen=True, slots=True)
class ConnectionInit:
    """Opens the connection; may carry a credential."""

    # Any: the payload is JSON of any shape.
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ping:
    """Requests a pong with the same payload."""

    # Any: the payload is JSON of any shape.
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pong:
    """The response to a ping, or an unsolicited heartbeat."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Starts an operation of any kind, under an id that the client chooses."""

    id: str
    request: GraphQLRequest
    text: str
    """The message itself: all that is kept of an operation that waits."""


@dataclass(frozen=True, slots=True)
class Complete:
    """Stops an operation."""

    id: str


ClientMessage: TypeAlias = ConnectionInit | Ping | Pong | Subscribe | Complete


def read_message(text: str | None) -> ClientMessage:
    """The message in a text frame, or None for a binary frame; raises `InvalidMessage`."""
    if text is None:
        raise InvalidMessage("Messages are texts")
    try:
        members = bounded_json(text)
    except InvalidJson as error:
        raise InvalidMessage(f"The message {error}") from None
    if not isinstance(members, dict):
        raise InvalidMessage("The message is not an object")
    match members.get("type"):
        case "connection_init":
            return ConnectionInit(_payload(members))
        case "ping":
            return Ping(_payload(members))
        case "pong":
            _payload(members)
            return Pong()
        case "subscribe":
            return Subscribe(_id(members), _request(members), text)
        case "complete":
            return Complete(_id(members))
    raise InvalidMessage("The message has no type that a client may send")


def read_subscribe(text: str) -> Subscribe:
    """A message again that was read as a `Subscribe` before."""
    members = bounded_json(text)
    return Subscribe(_id(members), _request(members), text)


# Any: members are JSON of unknown shape until they are checked here.
def _id(members: dict[str, Any]) -> str:
    id_ = members.get("id")
    if not isinstance(id_, str) or not id_:
        raise InvalidMessage("The message has no `id`, a text")
    if len(id_) > _LONGEST_ID:
        raise InvalidMessage(f"The `id` has more than {_LONGEST_ID} characters")
    return id_


def _payload(members: dict[str, Any]) -> dict[str, Any]:
    payload = members.get("payload")
    if payload is None:
        return {}
    if not isinstance(payload, dict):
        raise InvalidMessage("The `payload` is not an object")
    return payload


def _request(members: dict[str, Any]) -> GraphQLRequest:
    try:
        return parse_members(_payload(members), "members")
    except BadRequest as error:
        raise InvalidMessage(str(error)) from None
