"""Runs documents of ours for a request that is not GraphQL, one after another."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import cache
from typing import Any, cast

import orjson

from app.graphql.pipeline.call import OperationCall
from app.graphql.pipeline.pipeline import Pipeline
from app.graphql.pipeline.responses import OperationResponse
from app.graphql.request.graphql_request import GraphQLRequest
from app.graphql.request.http_request import GraphQLHttpRequest
from app.http.json_encoding import encode_json
from gql.documents.trusted_documents import trusted_documents
from services.callers.principal import Principal
from services.documents.identifiers import hash_of

_FOLLOW = "ReplyStream"


class Refused(Exception):
    """An operation was refused, or one of its fields failed; this is its response."""

    def __init__(self, response: OperationResponse) -> None:
        super().__init__(response.refusal)
        self.response = response


class OwnDocuments:
    """The documents that one request runs, each charged and recorded as if it were sent."""

    def __init__(
        self, pipeline: Pipeline, request: GraphQLHttpRequest, principal: Principal
    ) -> None:
        self._pipeline = pipeline
        self._request = request
        self._principal = principal

    # Any: variables and data are JSON.
    async def data(self, name: str, **variables: Any) -> Any:
        """The value of the only root field of a document's answer; raises `Refused`."""
        call = self._call(name, variables, self._request.exchange.log)
        answer = cast("OperationResponse", await self._pipeline.respond(call))
        # The data was encoded where it was made.
        body: dict[str, Any] = orjson.loads(encode_json(answer.body))
        if "errors" in body or body.get("data") is None:
            raise Refused(answer)
        (value,) = body["data"].values()
        return value

    async def reply(self, message_id: str) -> AsyncGenerator[OperationResponse, None]:
        """The events of a reply from its beginning on; they are counted in the request's log."""
        log: dict[str, object] = {}
        call = self._call(_FOLLOW, {"messageId": message_id}, log)
        try:
            async with aclosing(self._pipeline.stream(call)) as answers:
                async for answer in answers:
                    yield answer
        finally:
            self._request.exchange.log["answers"] = log.get("answers", 0)

    # Any: as above.
    def _call(self, name: str, variables: dict[str, Any], log: dict[str, object]) -> OperationCall:
        request = self._request
        return OperationCall(
            request.exchange.request_id,
            log,
            address=request.address,
            client_name=request.options.client_name,
            principal=self._principal,
            request=GraphQLRequest(None, None, variables, _document_id(name)),
            gone=request.until_gone,
        )


@cache
def _document_id(name: str) -> str:
    return hash_of(trusted_documents()[name].text)
