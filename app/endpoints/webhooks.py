"""/webhooks/payments: events of the payment provider."""

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from app.composition.billing import Billing
from app.http.error_responses import BAD_REQUEST, SERVICE_UNAVAILABLE, error_body
from app.http.exchange import exchange_of
from clients.payments.records import RefundEvent
from clients.payments.signature import InvalidWebhook
from clients.payments.webhook import LARGEST_BODY_BYTES
from db.connections.errors import DatabaseUnavailable
from metrics.webhooks import webhook_failed, webhook_refused, webhook_taken

_log = structlog.get_logger("guidance.webhooks")


class BodyTooLarge(Exception):
    """The body is larger than any event."""


class PaymentWebhook:
    """Takes signed events; the provider resends an event that is not answered with 200."""

    def __init__(self, billing: Billing) -> None:
        self._billing = billing

    async def answer(self, request: Request) -> Response:
        """Take one event: 400 or 413 if it is not one, 503 if it cannot be stored."""
        request_id = exchange_of(request.scope).request_id
        try:
            event = self._billing.provider.read_event(
                await _body(request), request.headers.get("stripe-signature", "")
            )
            if isinstance(event, RefundEvent):
                await self._billing.events.handle_refund(event, request_id=request_id)
            elif event is not None:
                await self._billing.events.handle(event, request_id=request_id)
        except BodyTooLarge as error:
            return _refused(413, error, request)
        except InvalidWebhook as error:
            return _refused(400, error, request)
        except Exception as error:
            webhook_failed()
            if not isinstance(error, DatabaseUnavailable):
                raise
            _log.error("database unavailable", request_id=request_id, reason=str(error))
            body = error_body("Try again later.", SERVICE_UNAVAILABLE)
            return JSONResponse(body, 503, {"retry-after": "1"})
        webhook_taken()
        return JSONResponse({"received": True})


async def _body(request: Request) -> bytes:
    chunks: list[bytes] = []
    received = 0
    try:
        async for chunk in request.stream():
            received += len(chunk)
            if received > LARGEST_BODY_BYTES:
                raise BodyTooLarge("the body is too large")
            chunks.append(chunk)
    except ClientDisconnect:
        raise InvalidWebhook("the connection ended before the body did") from None
    return b"".join(chunks)


def _refused(status: int, error: Exception, request: Request) -> Response:
    webhook_refused()
    exchange_of(request.scope).log["reason"] = str(error)
    return JSONResponse(error_body(f"This is refused: {error}.", BAD_REQUEST), status)
