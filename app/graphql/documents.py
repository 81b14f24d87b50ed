"""Which document a request runs: a trusted one, one that was registered by its hash, or its own."""

from collections.abc import Mapping
from dataclasses import replace

from app.graphql import refusals
from app.graphql.answers import GraphQLRequest
from app.graphql.shapes import Shapes
from gql.execution.prepare import Operation, Preparation, RequestRefused, named
from gql.execution.trusted import TrustedOperations
from services.clock import Clock
from services.operations.identifiers import hash_of, is_hash
from services.operations.records import OperationsMode
from services.operations.rules import UNKNOWN_CLIENT, client_named, user_of
from services.operations.uses import DocumentUses
from services.persisted.records import Texts
from services.principal import ApiClient, Principal

_NAME, _APOLLO_NAME = "graphql-client-name", "apollographql-client-name"


class Documents:
    """Finds the operations of requests; without `texts` none can be registered by their hash."""

    def __init__(
        self,
        preparation: Preparation,
        trusted: TrustedOperations,
        shapes: Shapes,
        *,
        mode: OperationsMode,
        requires_id: bool,
        texts: Texts | None,
        uses: DocumentUses,
        clock: Clock,
    ) -> None:
        self._preparation = preparation
        self._trusted = trusted
        self._shapes = shapes
        self._mode = mode
        self._requires_id = requires_id
        self._texts = texts
        self._uses = uses
        self._clock = clock

    @property
    def are_all_known(self) -> bool:
        """Whether only trusted documents run, and nobody is to learn about the schema."""
        return self._mode is OperationsMode.TRUSTED

    def trusted(self, document_id: str) -> Operation | None:
        """The operation of the trusted document of this id: one look into a dictionary."""
        return self._trusted.get(document_id)

    async def operation(
        self, request: GraphQLRequest, principal: Principal, headers: Mapping[str, str]
    ) -> Operation:
        """The operation that is asked for; raises `RequestRefused`."""
        id_ = request.document_id
        if request.query is None:
            known = self._trusted.get(id_ or "")
            if known is None:
                operation = await self._of_unknown_id(id_ or "", request)
            else:
                operation = _checked(known, request.operation_name)
        elif id_ is None:
            operation = self._of_text(request.query, request.operation_name)
        elif request.is_automatic:
            operation = await self._registered(id_, request.query, request.operation_name)
        else:
            raise refusals.id_and_text()
        self.count(operation, principal, headers)
        return operation

    def count(self, operation: Operation, principal: Principal, headers: Mapping[str, str]) -> None:
        """Count the use of a trusted operation; where it is wanted that of another one too."""
        document = operation.document
        if document is None and self._mode is not OperationsMode.LOG:
            return
        account_id = principal.account_id if isinstance(principal, ApiClient) else None
        client = client_named(headers.get(_NAME) or headers.get(_APOLLO_NAME), account_id)
        if document is not None:
            user = user_of(document.publishers, client, account_id)
            self._uses.used(document.id, user, self._clock())
        else:
            shape = self._shapes.of(operation)
            self._uses.asked(shape, client or UNKNOWN_CLIENT, self._clock())

    async def _of_unknown_id(self, id_: str, request: GraphQLRequest) -> Operation:
        if self._texts is not None and is_hash(id_):
            text = await self._texts.get(id_)
            if text is not None:
                return self._of_text(text, request.operation_name)
        if not self._trusted.are_loaded:
            raise refusals.not_read_yet()
        if not request.is_automatic or self.are_all_known:
            raise refusals.not_in_list()
        raise refusals.not_supported() if self._texts is None else refusals.text_is_needed()

    async def _registered(self, id_: str, text: str, name: str | None) -> Operation:
        if hash_of(text) != id_:
            raise refusals.wrong_hash()
        operation = self._of_text(text, name)
        if self._texts is not None and operation.document is None:
            await self._texts.keep(id_, text)
        return operation

    def _of_text(self, text: str, name: str | None) -> Operation:
        if self._requires_id and self.are_all_known:
            raise refusals.id_is_needed()
        operation = self._trusted.get(hash_of(text))
        if operation is not None:
            return _checked(operation, name)
        if self._mode is OperationsMode.OPEN:
            return self._preparation.operation(text, name)
        try:
            operation = self._promoted(self._preparation.operation(text, name))
        except RequestRefused:
            if self.are_all_known:
                raise refusals.not_in_safelist() from None
            raise
        if operation.document is None and self.are_all_known:
            raise refusals.not_in_safelist()
        return operation

    def _promoted(self, operation: Operation) -> Operation:
        """The operation, trusted where what is left of it without its values is."""
        known = self._trusted.get(self._shapes.of(operation).id)
        return operation if known is None else replace(operation, document=known.document)


def _checked(operation: Operation, name: str | None) -> Operation:
    """The only operation of a document, unless another is asked for."""
    return operation if name is None else named({operation.name: operation}, name)
