"""Endpoints beside /graphql whose requests are traced."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from app.http.exchange import exchange_of
from spans.part import Kind, Part
from spans.tracer import Answered, Tracer

Endpoint = Callable[[Request], Awaitable[Response]]


def traced(tracer: Tracer, name: str, endpoint: Endpoint) -> Endpoint:
    """The endpoint, with requests traced as `name` where traces are exported."""
    root = Part(Kind.REQUEST, name)

    async def answer(request: Request) -> Response:
        exchange = exchange_of(request.scope)
        if not (tracer.should_trace() or exchange.head.sampled):
            return await endpoint(request)
        answered = Answered(exchange.log)
        work = _answer(endpoint(request), answered)
        return await tracer.run(root, work, lambda: None, exchange.head, answered)

    return answer if tracer.exporter is not None else endpoint


async def _answer(answering: Awaitable[Response], answered: Answered) -> Response:
    response = await answering
    answered.status = lambda: response.status_code
    return response
