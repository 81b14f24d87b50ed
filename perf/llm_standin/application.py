"""The stand-in's ASGI application: the chat API, and the control endpoints."""

from collections.abc import Callable
from dataclasses import asdict

import orjson
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from perf.llm_standin.stand_in import StandIn

CHAT_PATH = "/v1/chat/completions"
CONTROL_PATH = "/control"
NEXT_PATH = "/control/next"
MODEL_PATH = "/control/models/{model:path}"
USAGE_PATH = "/v1/organization/usage/completions"


def make_app(stand_in: StandIn) -> Starlette:
    """The application that serves `stand_in`."""
    control = _Control(stand_in)
    return Starlette(
        routes=[
            Route(CHAT_PATH, _Chat(stand_in), methods=["POST"]),
            Route(CONTROL_PATH, control.show, methods=["GET"]),
            Route(CONTROL_PATH, control.change, methods=["PATCH"]),
            Route(CONTROL_PATH, control.reset, methods=["DELETE"]),
            Route(NEXT_PATH, control.change_next, methods=["POST"]),
            Route(MODEL_PATH, control.change_model, methods=["PATCH"]),
            Route(USAGE_PATH, control.usage, methods=["GET"]),
        ]
    )


class _Chat:
    """The chat API, as an ASGI application: an endpoint would not see the client disconnect."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._stand_in.answer(Request(scope, receive))
        except ClientDisconnect:
            return  # it disconnected before it had sent its request
        await answer(scope, receive, send)


class _Control:
    """The endpoints by which tests configure the stand-in and read its counts."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in

    async def show(self, _request: Request) -> Response:
        """The behaviour, the counts, and the newest calls, oldest first."""
        return _json(
            {
                "behaviour": self._stand_in.behaviour.model_dump(mode="json"),
                "counts": self._stand_in.counts(),
                "calls": [asdict(call) for call in self._stand_in.calls],
            }
        )

    async def change(self, request: Request) -> Response:
        """Change the behaviour from now on."""
        changes = await request.body()
        return self._apply(lambda: self._stand_in.change(orjson.loads(changes)))

    async def change_next(self, request: Request) -> Response:
        """Change the behaviour for the next calls: a list with one change for each."""
        changes = await request.body()
        return self._apply(lambda: self._stand_in.change_next(orjson.loads(changes)))

    async def change_model(self, request: Request) -> Response:
        """Change the behaviour of one model from now on."""
        model, changes = request.path_params["model"], await request.body()
        return self._apply(lambda: self._stand_in.change_model(model, orjson.loads(changes)))

    async def usage(self, _request: Request) -> Response:
        """What all calls took, by day and model, as OpenAI's usage API says it."""
        return _json(self._stand_in.bill.as_json())

    async def reset(self, _request: Request) -> Response:
        """Restore the initial behaviour, and forget all calls."""
        return self._apply(self._stand_in.reset)

    def _apply(self, change: Callable[[], None]) -> Response:
        try:
            change()
        except (ValidationError, ValueError, TypeError) as problem:
            return _json({"error": str(problem)}, 400)
        return _json({"behaviour": self._stand_in.behaviour.model_dump(mode="json")})


def _json(body: object, status: int = 200) -> Response:
    return Response(
        orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS), status, media_type="application/json"
    )
