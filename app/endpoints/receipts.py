"""/receipts/{token}: the status and receipt of an erasure, without signing in."""

from dataclasses import dataclass
from functools import cache
from inspect import isawaitable
from typing import Any, cast

from graphql import GraphQLObjectType, GraphQLSchema, execute, parse
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.endpoints.link_responses import HEADERS, link_refused, link_unavailable
from db.connections.errors import DatabaseUnavailable
from db.database import Database
from db.row import Row
from gql.build import core_schema
from gql.runtime.executor import SourceExecutor
from gql.schema.privacy.request import PRIVACY_REQUEST
from loaders.batching.loader import Loader
from loaders.privacy_details import erased_tables_by_request
from services.privacy.links import Links
from services.privacy.receipts import erasure_of_receipt

_SHOWN = parse(
    "{ status requestedAt scheduledFor completedAt errorReason"
    " receipt { tables { name rows } remainingReferences verifiedAt } }"
)
"""What is shown, as a selection of the GraphQL API's `PrivacyRequest`."""


@dataclass(frozen=True, slots=True)
class _ReceiptLoaders:
    erased_tables: Loader[int, tuple[Row, ...]]


@dataclass(frozen=True, slots=True)
class _ReceiptContext:
    """The part of a request's context that the resolvers of `_SHOWN` use."""

    loaders: _ReceiptLoaders


class Receipts:
    """Shows a receipt to anybody who has its link; it does not say who was erased."""

    def __init__(self, database: Database, links: Links) -> None:
        self._database = database.without_replica()
        self._links = links

    async def answer(self, request: Request) -> Response:
        """Answer with the erasure in the format of the GraphQL API."""
        token = request.path_params["token"]
        try:
            row = await erasure_of_receipt(self._database, self._links, token)
            if row is None:
                return link_refused(404, "There is none here.")
            return JSONResponse(await self._shown(row), headers=HEADERS)
        except DatabaseUnavailable as error:
            return link_unavailable(request, str(error))

    # Any: JSON.
    async def _shown(self, row: Row) -> dict[str, Any] | None:
        context = _ReceiptContext(_ReceiptLoaders(erased_tables_by_request(self._database)))
        request = PRIVACY_REQUEST.view(row)
        result = execute(_schema(), _SHOWN, request, context, executor_class=SourceExecutor)
        answer = await result if isawaitable(result) else result
        for error in answer.errors or ():
            raise error.original_error or error
        return answer.data


@cache
def _schema() -> GraphQLSchema:
    """The GraphQL API's schema, with a privacy request as its root."""
    return GraphQLSchema(cast("GraphQLObjectType", core_schema().get_type("PrivacyRequest")))
