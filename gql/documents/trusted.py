"""Trusted documents, ready to run by any of their ids."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from gql.documents.operation import Operation, RequestRefused
from gql.documents.prepare import Preparation
from gql.documents.skeleton import skeleton
from services.operations.records import RegisteredDocument


@dataclass(frozen=True, slots=True)
class Invalid:
    """A document that the schema, or a limit, does not allow any more."""

    document: RegisteredDocument
    reason: str


Run: TypeAlias = Callable[[Callable[[], Operation]], Awaitable[Operation]]
"""Does work where nothing else waits for it, and gives what it gives."""


class TrustedOperations:
    """The operations that may run by id; which they are is replaced as a whole.

    `are_loaded` says whether those that clients published are among them.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, Operation] = {}
        self._skeletons: frozenset[str | None] = frozenset()
        self.invalid: tuple[Invalid, ...] = ()
        self.are_loaded = False

    def get(self, id_: str) -> Operation | None:
        """The operation of the document that has this id: one look into a dictionary."""
        return self._by_id.get(id_)

    def may_have_shape_of(self, text: str) -> bool:
        """Whether the text may differ from a trusted one in nothing but its values.

        Nothing is parsed to know it. Of a text with several operations it is never so.
        """
        return skeleton(text) in self._skeletons

    async def serve(
        self, preparation: Preparation, documents: Sequence[RegisteredDocument], run: Run
    ) -> None:
        """Serve these and no others, from when all of them are prepared.

        `run` does the work. Those that were served before are not prepared again.
        """
        by_id: dict[str, Operation] = {}
        invalid = []
        skeletons = set()
        for document in documents:
            try:
                operation = self._by_id.get(document.id) or await run(
                    partial(_prepared, preparation, document.text)
                )
            except RequestRefused as refused:
                invalid.append(Invalid(document, refused.errors[0].message))
                continue
            skeletons.add(skeleton(document.text))
            for id_ in (document.id, *document.other_ids):
                by_id[id_] = replace(operation, document=document)
        self._by_id, self.invalid = by_id, tuple(invalid)
        self._skeletons = frozenset(skeletons - {None})


def _prepared(preparation: Preparation, text: str) -> Operation:
    operation = preparation.only_operation(text)
    if operation.plans is not None:
        operation.plans.compile_unconditional()
    return operation
