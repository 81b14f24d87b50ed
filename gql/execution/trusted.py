"""Trusted documents, ready to run by any of their ids."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gql.execution.prepare import Operation, Preparation, RequestRefused
from services.operations.records import RegisteredDocument


@dataclass(frozen=True, slots=True)
class Invalid:
    """A document that the schema, or a limit, does not allow any more."""

    document: RegisteredDocument
    reason: str


class TrustedOperations:
    """The operations that may run by id; which they are is replaced as a whole.

    `are_loaded` says whether those that clients published are among them.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, Operation] = {}
        self.invalid: tuple[Invalid, ...] = ()
        self.are_loaded = False

    def get(self, id_: str) -> Operation | None:
        """The operation of the document that has this id: one look into a dictionary."""
        return self._by_id.get(id_)

    async def serve(
        self, preparation: Preparation, documents: Sequence[RegisteredDocument]
    ) -> None:
        """Serve these and no others, from when all of them are prepared.

        Those that were served before are not prepared again. Between two documents others run.
        """
        by_id: dict[str, Operation] = {}
        invalid = []
        for document in documents:
            try:
                operation = self._operation(preparation, document)
            except RequestRefused as refused:
                invalid.append(Invalid(document, refused.errors[0].message))
                continue
            for id_ in (document.id, *document.other_ids):
                by_id[id_] = operation
            await asyncio.sleep(0)
        self._by_id, self.invalid = by_id, tuple(invalid)

    def _operation(self, preparation: Preparation, document: RegisteredDocument) -> Operation:
        known = self._by_id.get(document.id)
        operation = known or preparation.only_operation(document.text)
        return replace(operation, document=document)
