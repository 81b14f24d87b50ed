"""/webhooks/payments: what the payment provider tells us without being asked."""

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from app.billing import Billing
from clients.payments.signature import InvalidWebhook
from clients.payments.webhook import LARGEST_BODY_BYTES
from db.unavailable import DatabaseUnavailable

_log = structlog.get_logger("guidance.webhooks")


class PaymentWebhook:
    """Takes signed events; anything but 200 makes the provider send one again."""

    def __init__(self, billing: Billing) -> None:
        self._billing = billing

    async def answer(self, request: Request) -> Response:
        """Take one event: 400 for one that is not authentic, 503 where it cannot be stored."""
        try:
            body = await _body(request)
            event = self._billing.provider.read_event(
                body, request.headers.get("stripe-signature", "")
            )
        except (InvalidWebhook, ClientDisconnect) as error:
            _log.warning("an event is refused", reason=str(error))
            return JSONResponse({"error": str(error)}, 400)
        try:
            await self._billing.charging.take(event)
        except DatabaseUnavailable as error:
            _log.warning("an event cannot be stored", reason=str(error))
            return JSONResponse({"error": "try again later"}, 503)
        return JSONResponse({"received": True})


async def _body(request: Request) -> bytes:
    chunks: list[bytes] = []
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > LARGEST_BODY_BYTES:
            raise InvalidWebhook("the body is too large")
        chunks.append(chunk)
    return b"".join(chunks)
