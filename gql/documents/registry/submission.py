"""Checks a client's document before it is published as a trusted one."""

from dataclasses import dataclass

from graphql import GraphQLError

from gql.documents.document_cache import DocumentCache
from gql.documents.operation import Operation, RequestRefused
from gql.documents.registry.built_in import RESERVED
from gql.documents.registry.worst_case_cost import default_cost, worst_case_cost
from services.documents.identifiers import canonical_id, hash_of, is_hash, is_valid_custom_id
from services.documents.records import Submission, ToolLimits


@dataclass(frozen=True, slots=True)
class Candidate:
    """A client's document: its text, where it was found, and what was given with it.

    `tool` has the limits if its client marked it as a tool of agents.
    """

    place: str
    text: str
    id: str | None = None
    name: str | None = None
    tool: ToolLimits | None = None


class DocumentRejected(Exception):
    """A document that cannot be published; the message is one line."""


def checked(
    document_cache: DocumentCache, candidate: Candidate, *, maximum_cost: int
) -> Submission:
    """The candidate as it can be published; raises `DocumentRejected`."""
    try:
        operation = document_cache.only_operation(candidate.text)
    except RequestRefused as refused:
        raise DocumentRejected(_in_a_line(refused.errors[0])) from None
    if operation.name is None:
        raise DocumentRejected("The operation has no name.")
    if candidate.name is not None and candidate.name != operation.name:
        raise DocumentRejected(f"The operation is called {operation.name}, not {candidate.name}.")
    usual = default_cost(operation)
    if usual > maximum_cost:
        raise DocumentRejected(
            f"The operation costs {usual}, and at most {maximum_cost} is served."
        )
    return _submission(candidate, operation, operation.name)


def check_id_is_unique(document: Submission, own: dict[str, str]) -> None:
    """Add the document's own id to `own`; raises `DocumentRejected` if another document has it."""
    id_ = document.document_id
    if id_ is not None and own.setdefault(id_, document.id) != document.id:
        raise DocumentRejected(f"The id {id_} is another document's, too.")


def _submission(candidate: Candidate, operation: Operation, name: str) -> Submission:
    id_ = hash_of(candidate.text)
    own = None if candidate.id is None else canonical_id(candidate.id)
    if own == id_:
        own = None
    if own is not None:
        _check_id(own)
    return Submission(id_, name, candidate.text, worst_case_cost(operation), own, candidate.tool)


def _check_id(own: str) -> None:
    if is_hash(own):
        raise DocumentRejected("The id is not the SHA-256 of the text.")
    if not is_valid_custom_id(own):
        raise DocumentRejected("The id is not printable, or too long.")
    if own.startswith(RESERVED):
        raise DocumentRejected(f"Ids that begin with {RESERVED} are the server's own.")


def _in_a_line(error: GraphQLError) -> str:
    message = " ".join(error.message.split())
    if not error.locations:
        return message
    location = error.locations[0]
    return f"{location.line}:{location.column}: {message}"
