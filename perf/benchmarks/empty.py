"""An application with one Starlette route that does nothing: the least a request can cost."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def _nothing(_request: Request) -> Response:
    return Response(b'{"data":{"__typename":"Query"}}', media_type="application/json")


app = Starlette(routes=[Route("/graphql", _nothing, methods=["GET", "POST"])])
