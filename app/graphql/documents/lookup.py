"""Finds the operation of a request: trusted, registered by its hash, or from its own text."""

from dataclasses import replace
from functools import partial
from typing import TypeAlias

from graphql import GraphQLSchema

from app.graphql.documents import refusals
from app.graphql.documents.charged_preparation import ChargedPreparation
from app.graphql.request.graphql_request import GraphQLRequest
from gql.documents.operation import Operation, RequestRefused, select_operation
from gql.documents.registry.normalization import normalize_document
from gql.documents.registry.skeleton import has_free_text
from gql.documents.registry.trusted_operations import TrustedOperations
from services.callers.principal import ApiClient, Principal, Router
from services.clock import Clock
from services.documents.identifiers import hash_of, is_hash
from services.documents.persisted_queries.records import TextStore
from services.documents.records import OperationsMode, RegisteredDocument
from services.documents.rules import UNKNOWN_CLIENT, client_name_of, counted_client, is_client_name
from services.documents.usage import DocumentUsageCounter

_Asking: TypeAlias = tuple[str, str | None, int | None]
"""A document id, and the client's name and account."""
_MOST_USERS = 2_000
_NOBODY: tuple[RegisteredDocument | None, str] = (None, "")


class OperationLookup:
    """Finds operations; without `texts` there are no automatic persisted queries."""

    def __init__(
        self,
        schema: GraphQLSchema,
        preparing: ChargedPreparation,
        trusted: TrustedOperations,
        *,
        mode: OperationsMode,
        requires_id: bool,
        texts: TextStore | None,
        uses: DocumentUsageCounter,
        clock: Clock,
        of_routers: ChargedPreparation | None = None,
    ) -> None:
        """`of_routers` prepares the texts of routers, which need not be trusted documents."""
        self._of_routers = of_routers
        self._schema = schema
        self._preparation = preparing
        self._trusted = trusted
        self._mode = mode
        self._requires_id = requires_id
        self._texts = texts
        self._uses = uses
        self._clock = clock
        self._users: dict[_Asking, tuple[RegisteredDocument | None, str]] = {}
        self.run_in_thread = preparing.run
        """Runs a function that may take long in the preparation thread."""

    @property
    def is_trusted_only(self) -> bool:
        """Whether only trusted documents run; then errors must not reveal the schema."""
        return self._mode is OperationsMode.TRUSTED

    def trusted(self, document_id: str) -> Operation | None:
        """The operation of the trusted document with this id; one dictionary lookup."""
        return self._trusted.get(document_id)

    def find_trusted(
        self, request: GraphQLRequest, principal: Principal, client_name: str | None
    ) -> Operation | None:
        """The operation of a request by trusted id alone, without waiting; None otherwise."""
        if request.query is not None or request.operation_name is not None:
            return None
        operation = self._trusted.get(request.document_id or "")
        if operation is not None:
            self.count_use(operation, principal, client_name)
        return operation

    async def find(
        self,
        request: GraphQLRequest,
        principal: Principal,
        client_name: str | None,
        *,
        router: Router | None = None,
    ) -> Operation:
        """The operation of a request; raises `RequestRefused`, of which `Throttled` is one.

        A text of a router is its own: prepared at its cost, in every mode, and not counted as use.
        """
        id_ = request.document_id
        if router is not None and request.query is not None and self._of_routers is not None:
            document = await self._of_routers.document(request.query, router)
            return document.operation(request.operation_name)
        if request.query is None:
            known = self._trusted.get(id_ or "")
            if known is None:
                operation = await self._find_by_unknown_id(id_ or "", request, principal)
            else:
                operation = _check_name(known, request.operation_name)
        elif id_ is None:
            operation = await self._find_by_text(request.query, request.operation_name, principal)
        elif request.is_automatic:
            operation = await self._find_and_register(id_, request.query, request, principal)
        else:
            raise refusals.id_and_text()
        self.count_use(operation, principal, client_name)
        return operation

    def count_use(
        self, operation: Operation, principal: Principal, client_name: str | None
    ) -> None:
        """Count the use of a trusted operation; in the mode `log`, of any operation."""
        document = operation.document
        account_id = principal.account_id if isinstance(principal, ApiClient) else None
        if document is not None:
            asking = document.id, client_name, account_id
            known, user = self._users.get(asking, _NOBODY)
            if known is not document:
                user = self._user(document, client_name, account_id)
            self._uses.count_use(document.id, user, self._clock())
        elif self._mode is OperationsMode.LOG:
            (shape,) = operation.normalized
            client = client_name_of(client_name, account_id)
            self._uses.count_unknown(shape, client or UNKNOWN_CLIENT, self._clock())

    def _user(
        self, document: RegisteredDocument, client_name: str | None, account_id: int | None
    ) -> str:
        """The name under which a use is counted, cached."""
        client = client_name_of(client_name, account_id)
        user = counted_client(document.publishers, client, account_id)
        if client_name is None or is_client_name(client_name):
            if len(self._users) >= _MOST_USERS:
                self._users.clear()
            self._users[document.id, client_name, account_id] = document, user
        return user

    async def _find_by_unknown_id(
        self, id_: str, request: GraphQLRequest, principal: Principal
    ) -> Operation:
        if self._texts is not None and is_hash(id_):
            text = await self._texts.get(id_)
            if text is not None:
                return await self._find_by_text(text, request.operation_name, principal)
        if not self._trusted.are_loaded:
            raise refusals.documents_not_loaded()
        if not request.is_automatic or self.is_trusted_only:
            raise refusals.not_in_list()
        raise (
            refusals.persisted_queries_not_supported()
            if self._texts is None
            else refusals.persisted_query_not_found()
        )

    async def _find_and_register(
        self, id_: str, text: str, request: GraphQLRequest, principal: Principal
    ) -> Operation:
        if hash_of(text) != id_:
            raise refusals.hash_mismatch()
        operation = await self._find_by_text(text, request.operation_name, principal)
        texts = self._texts
        if texts is not None and operation.document is None and await texts.get(id_) is None:
            await self._preparation.charge_registration(text, principal)
            await texts.put(id_, text, is_local=has_free_text(text))
        return operation

    async def _find_by_text(self, text: str, name: str | None, principal: Principal) -> Operation:
        if self._requires_id and self.is_trusted_only:
            raise refusals.id_required()
        operation = self._trusted.get(hash_of(text))
        if operation is not None:
            return _check_name(operation, name)
        if self.is_trusted_only:
            return await self._find_by_shape(text, name, principal)
        document = await self._preparation.document(text, principal)
        operation = document.operation(name)
        return (
            operation
            if self._mode is OperationsMode.OPEN
            else await self._with_trusted_shape(operation)
        )

    async def _find_by_shape(self, text: str, name: str | None, principal: Principal) -> Operation:
        """The operation of a text that differs from a trusted document only in its literal values.

        All others are refused, most of them before they are prepared.
        """
        if not self._trusted.may_differ_only_in_values(text):
            raise refusals.not_in_safelist()
        document = await self._preparation.document(text, principal)
        try:
            operation = await self._with_trusted_shape(document.operation(name))
        except RequestRefused:
            raise refusals.not_in_safelist() from None
        if operation.document is None:
            raise refusals.not_in_safelist()
        return operation

    async def _with_trusted_shape(self, operation: Operation) -> Operation:
        """The operation, marked as trusted if its shape without literal values is."""
        if not operation.normalized:
            shape = await self._preparation.run(
                partial(normalize_document, self._schema, operation)
            )
            operation.normalized[:] = [shape]
        known = self._trusted.get(operation.normalized[0].id)
        return operation if known is None else replace(operation, document=known.document)


def _check_name(operation: Operation, name: str | None) -> Operation:
    """The only operation of a document; raises `RequestRefused` if another name is asked for."""
    return operation if name is None else select_operation({operation.name: operation}, name)
