"""The callers that the page can ask as: header fields with credentials, which the demo fills in."""

from collections.abc import Mapping
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.http.origins import is_local_host

Callers: TypeAlias = Mapping[str, Mapping[str, str]]
"""Header fields by the name of whoever sends them."""


def callers_route(callers: Callers) -> Route:
    """The route that gives the page its callers; others are told that there are none."""

    async def answer(request: Request) -> Response:
        is_shown = _is_own_page(request)
        return JSONResponse(callers if is_shown else {}, headers={"cache-control": "no-store"})

    return Route("/graphql/explorer/callers.json", answer)


def _is_own_page(request: Request) -> bool:
    """Whether our page asks, and a name of this machine was typed for it.

    A page of another origin would be another site's; and a name from elsewhere that leads here
    is how one reads what is on a developer's machine (DNS rebinding).
    """
    return request.headers.get("sec-fetch-site") == "same-origin" and is_local_host(
        request.headers.get("host", "")
    )
