"""/invoices/{token}: the printed invoices of links."""

from starlette.requests import Request
from starlette.responses import Response

from app.endpoints.link_responses import HEADERS, link_refused, link_unavailable
from db.connections.errors import DatabaseUnavailable
from services.invoicing.links import InvoiceLinkExpired, InvoiceLinks
from services.invoicing.printing.press import PrintingFailed
from services.invoicing.printing.service import InvoicePrinter


class Invoices:
    """Sends the PDF to anybody who has its link."""

    def __init__(self, links: InvoiceLinks, printer: InvoicePrinter) -> None:
        self._links = links
        self._printer = printer

    async def answer(self, request: Request) -> Response:
        """Send the PDF; 410 once the link has expired."""
        try:
            address = self._links.address(request.path_params["token"])
            printed = None if address is None else await self._printer.pdf(address)
        except InvoiceLinkExpired:
            return link_refused(410, "This link does not work any more; ask for the invoice again.")
        except DatabaseUnavailable as error:
            return link_unavailable(request, str(error))
        except PrintingFailed:
            return link_unavailable(request, "an invoice was not printed")
        if printed is None:
            return link_refused(404, "There is no such invoice.")
        number, content = printed
        disposition = f'attachment; filename="{number}.pdf"'
        headers = {**HEADERS, "content-disposition": disposition}
        return Response(content, headers=headers, media_type="application/pdf")
