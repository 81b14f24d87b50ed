"""An operation answered in this process, past HTTP."""

from app.graphql.pipeline.call import OperationCall
from app.graphql.pipeline.pipeline import Pipeline
from app.graphql.pipeline.responses import OperationResponse
from app.graphql.request.graphql_request import GraphQLRequest
from services.callers.principal import Principal


async def single_response(
    pipeline: Pipeline, request: GraphQLRequest, principal: Principal
) -> OperationResponse:
    """The response to a query or mutation; raises `TypeError` if it comes in a stream."""
    answer = await pipeline.respond(
        OperationCall("bench", {}, principal=principal, request=request)
    )
    if not isinstance(answer, OperationResponse):
        raise TypeError("this operation is answered by a stream")
    return answer
