"""The trusted operations of this process, by the ids of their documents."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from gql.documents.document_cache import DocumentCache
from gql.documents.operation import Operation, RequestRefused
from gql.documents.registry.built_in import PUBLISHER
from gql.documents.registry.skeleton import skeleton
from services.documents.records import RegisteredDocument
from services.documents.rules import tool_names


@dataclass(frozen=True, slots=True)
class InvalidDocument:
    """A registered document that the schema or a limit does not allow any more, and why."""

    document: RegisteredDocument
    reason: str


RunWork: TypeAlias = Callable[[Callable[[], Operation]], Awaitable[Operation]]
"""Runs a function in a thread, and returns its result."""


class TrustedOperations:
    """The operations that may run by id; all of them are replaced together.

    `are_loaded` says whether the documents that clients published are included.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, Operation] = {}
        self.tools: Mapping[str, Operation] = {}
        """The operations that agents may call, by the names of their tools."""
        self._skeletons: frozenset[str | None] = frozenset()
        self.invalid: tuple[InvalidDocument, ...] = ()
        self.are_loaded = False

    def get(self, id_: str) -> Operation | None:
        """The operation of the document that has this id: one dictionary lookup."""
        return self._by_id.get(id_)

    def may_differ_only_in_values(self, text: str) -> bool:
        """Whether the text may differ from a trusted document only in literal values.

        It is compared without parsing. A text with several operations never matches.
        """
        return skeleton(text) in self._skeletons

    async def serve(
        self, document_cache: DocumentCache, documents: Sequence[RegisteredDocument], run: RunWork
    ) -> None:
        """Replace the operations by those of `documents`, once all of them are prepared.

        `run` prepares each, except for those that are served already.
        """
        by_id: dict[str, Operation] = {}
        invalid = []
        skeletons = set()
        for document in documents:
            try:
                operation = self._by_id.get(document.id) or await run(
                    partial(_prepared, document_cache, document)
                )
            except RequestRefused as refused:
                invalid.append(InvalidDocument(document, refused.errors[0].message))
                continue
            skeletons.add(skeleton(document.text))
            if operation.document != document:
                operation = replace(operation, document=document)
            by_id |= dict.fromkeys((document.id, *document.other_ids), operation)
        self._by_id, self.invalid = by_id, tuple(invalid)
        can_be_called = [
            one for one in documents if one.id in by_id and by_id[one.id].kind != "subscription"
        ]
        self.tools = {name: by_id[one.id] for name, one in tool_names(can_be_called).items()}
        self._skeletons = frozenset(skeletons - {None})


def _prepared(document_cache: DocumentCache, document: RegisteredDocument) -> Operation:
    if document.publishers == (PUBLISHER,):
        return document_cache.own_operation(document.text)
    operation = document_cache.only_operation(document.text)
    if operation.plans is not None:
        operation.plans.compile_unconditional()
    return operation
