"""Answers that clients were given by GET, remembered so that asking again costs no statement.

Of an answer only its validator is kept (the entity tag), with the version of what it was made of.
It is remembered only if all of it was read from rows whose changes are told: no clock, no
company's tables, nothing that failed.
"""

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from cachetools import LRUCache

from app.graphql.pipeline.responses import OperationResponse
from db.changes import are_reproducible
from db.request_scope import RequestScope
from gql.documents.operation import Operation
from services.callers.answer_versions import AnswerVersions
from services.callers.principal import ApiClient, Person, Principal

ANY_TAG = "*"
"""What a client offers that has some answer, whichever it is."""
_MOST_KNOWN = 20_000
RequestKey: TypeAlias = tuple[str, str]
"""What tells two requests of one caller apart: the URL's parameters, and the media type."""


class _Known(NamedTuple):
    operation: Operation
    version: str
    entity_tag: str


class KnownAnswers:
    """The answers of one process; the versions are those of all."""

    def __init__(self, versions: AnswerVersions) -> None:
        self.versions = versions
        self._known: LRUCache[tuple[int | None, RequestKey], _Known] = LRUCache(_MOST_KNOWN)

    def entity_tag(
        self, user_id: int | None, key: RequestKey, operation: Operation, version: str
    ) -> str | None:
        """The validator of the answer that would be given; None if it has to be made."""
        known = self._known.get((user_id, key))
        if known is None or known.operation is not operation or known.version != version:
            return None
        return known.entity_tag

    def remember(
        self, user_id: int | None, key: RequestKey, operation: Operation, version: str, tag: str
    ) -> None:
        """Remember that this was the answer's validator in that version."""
        self._known[user_id, key] = _Known(operation, version, tag)


@dataclass(slots=True)
class Validation:
    """One request by GET: whether its client has the answer already."""

    key: RequestKey
    offered_tags: frozenset[str]
    known: KnownAnswers | None
    """None where nothing is remembered, so that each answer has to be made."""
    operation: Operation | None = field(default=None, init=False)
    _user_id: int | None = field(default=None, init=False)
    _version: str | None = field(default=None, init=False)

    @property
    def is_watched(self) -> bool:
        """Whether the answer may be remembered, so that it must come from the primary database."""
        return self._version is not None

    async def begin(
        self, operation: Operation, principal: Principal, read_after: int = 0
    ) -> str | None:
        """The validator that the client has, if its answer is still the same; else None.

        Of a write whose position the client brings along (`read_after`) these instances may not
        have been told.
        """
        self.operation = operation
        if self.known is None or read_after or not _is_followed(principal):
            return None
        self._user_id = principal.user_id if isinstance(principal, Person) else None
        self._version = await self.known.versions.current(self._user_id)
        tag = self.known.entity_tag(self._user_id, self.key, operation, self._version)
        return tag if tag is not None and self.is_offered(tag) else None

    def is_offered(self, tag: str) -> bool:
        """Whether the client has the answer with this tag."""
        return tag in self.offered_tags or ANY_TAG in self.offered_tags

    def end(self, response: OperationResponse, scope: RequestScope) -> None:
        """Decide whether the answer that was made may be validated, and whether remembered."""
        if self.operation is None or not response.is_complete:
            return
        response.caching = self.operation.caching
        if scope.has_read_clock or not are_reproducible(scope.statements):
            self._version = None

    def remember(self, tag: str) -> None:
        """Remember the validator of the answer that is being sent, if it may be."""
        if self.known is not None and self._version is not None and self.operation is not None:
            self.known.remember(self._user_id, self.key, self.operation, self._version, tag)


def _is_followed(principal: Principal) -> bool:
    """Whether all that a caller may see is followed: operators and companies see more."""
    if isinstance(principal, Person):
        return not principal.roles
    return not isinstance(principal, ApiClient)
