"""The pages, and the files that they are made of."""

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

_STATIC = Path(__file__).with_name("static")
_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript"}
_HEADERS = {
    "cache-control": "no-cache",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_ID_PARAMETERS = frozenset({"documentId", "id", "doc_id", "extensions"})


class Page:
    """Shows the page to browsers, and passes all other requests to the endpoint."""

    def __init__(self, endpoint: ASGIApp) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show the page, or pass the request on."""
        wants_page = _wants_page(Request(scope))
        await (_file("page.html") if wants_page else self._endpoint)(scope, receive, send)


def _wants_page(request: Request) -> bool:
    """Whether this is a browser's GET, and names no operation by its id.

    One with a text is shown with the text filled in; the page has no text for an id.
    """
    return (
        request.method == "GET"
        and "text/html" in request.headers.get("accept", "")
        and _ID_PARAMETERS.isdisjoint(request.query_params)
    )


async def _chat(_request: Request) -> Response:
    return _file("chat/chat.html")


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    return _file(name) if name in _NAMES else Response(status_code=404)


def _file(name: str) -> Response:
    media_type = f"{_TYPES[Path(name).suffix]}; charset=utf-8"
    return Response(_content(name), headers=_HEADERS, media_type=media_type)


@cache
def _content(name: str) -> bytes:
    return (_STATIC / name).read_bytes()


_NAMES = frozenset(
    path.relative_to(_STATIC).as_posix()
    for path in _STATIC.rglob("*")
    if path.suffix in {".css", ".js"}
)
STATIC_ROUTE = Route("/graphql/explorer/{name:path}", _static)
CHAT_ROUTE = Route("/chat", _chat)
