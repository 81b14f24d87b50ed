"""Which document a request runs: a trusted one, one that was registered by its hash, or its own."""

from app.graphql import refusals
from app.graphql.answers import GraphQLRequest
from gql.execution.prepare import Operation, Preparation, named
from gql.execution.trusted import TrustedOperations
from services.operations.identifiers import hash_of, is_hash
from services.persisted.records import Texts


class Documents:
    """Finds the operations of requests; without `texts` none can be registered by their hash."""

    def __init__(
        self, preparation: Preparation, trusted: TrustedOperations, *, texts: Texts | None
    ) -> None:
        self._preparation = preparation
        self._trusted = trusted
        self._texts = texts

    def trusted(self, document_id: str) -> Operation | None:
        """The operation of the trusted document of this id: one look into a dictionary."""
        return self._trusted.get(document_id)

    async def operation(self, request: GraphQLRequest) -> Operation:
        """The operation that is asked for; raises `RequestRefused`."""
        id_, text = request.document_id, request.query
        if text is None:
            return await self._of_id(id_ or "", request)
        if id_ is None:
            return self._of_text(text, request.operation_name)
        if not request.is_automatic:
            raise refusals.id_and_text()
        if hash_of(text) != id_:
            raise refusals.wrong_hash()
        operation = self._of_text(text, request.operation_name)
        if self._texts is not None and operation.document is None:
            await self._texts.keep(id_, text)
        return operation

    async def _of_id(self, id_: str, request: GraphQLRequest) -> Operation:
        operation = self._trusted.get(id_)
        if operation is not None:
            return _checked(operation, request.operation_name)
        if self._texts is None:
            raise refusals.not_supported() if request.is_automatic else refusals.not_in_list()
        text = await self._texts.get(id_) if is_hash(id_) else None
        if text is None:
            raise refusals.text_is_needed() if request.is_automatic else refusals.not_in_list()
        return self._of_text(text, request.operation_name)

    def _of_text(self, text: str, name: str | None) -> Operation:
        operation = self._trusted.get(hash_of(text))
        if operation is not None:
            return _checked(operation, name)
        return self._preparation.operation(text, name)


def _checked(operation: Operation, name: str | None) -> Operation:
    """The only operation of a document, unless another is asked for."""
    return operation if name is None else named({operation.name: operation}, name)
