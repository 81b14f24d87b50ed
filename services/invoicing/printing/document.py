"""The pages of an invoice; run as a program, it prints the invoice on its standard input."""

import sys
from datetime import datetime
from functools import partial

import orjson
from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

from services.invoicing.printing.content import PrintedInvoice, PrintedLine
from services.invoicing.printing.fonts import BASE, add_fonts, plain, printable

_SMALL, _NORMAL, _LARGE = 9, 10, 18
_ROW_MM = 6
_FOOT_MM = 20
_WIDTHS_MM = (83, 52, 20, 35)
_HEADINGS = PrintedLine("Description", "Period", "Quantity", "Amount")


class _Pages(FPDF):
    """A4 pages, whose feet have their numbers."""

    def footer(self) -> None:
        self.set_y(5 - _FOOT_MM)
        self.set_font(BASE, size=_SMALL)
        self.cell(0, 10, f"{self.page_no()} / {{nb}}", align=Align.C)


def document(invoice: PrintedInvoice) -> bytes:
    """The invoice as a PDF, which depends on nothing else."""
    pdf = _Pages(format="A4")
    pdf.set_creation_date(invoice.issued_at)
    pdf.set_auto_page_break(auto=True, margin=_FOOT_MM)
    invoice = invoice.with_texts(plain)
    missing = add_fonts(pdf, invoice.texts())
    invoice = invoice.with_texts(partial(printable, missing=missing))
    pdf.set_title(f"{invoice.title} {dict(invoice.facts).get('Number', '')}")
    # Its shapes depend on neighbours: Arabic letters are joined, and Devanagari's are ordered.
    pdf.set_text_shaping(use_shaping_engine=True)
    pdf.add_page()
    _write_head(pdf, invoice)
    for line in (_HEADINGS, *invoice.lines):
        _write_line(pdf, line)
    pdf.ln(2)
    for pair in invoice.sums:
        _write_pair(pdf, *pair, align=Align.R)
    return bytes(pdf.output())


def _write_head(pdf: FPDF, invoice: PrintedInvoice) -> None:
    pdf.set_font(BASE, size=_LARGE)
    pdf.cell(0, _ROW_MM * 2, invoice.title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font(BASE, size=_NORMAL)
    for name, text in (("From", invoice.seller), ("To", invoice.recipient)):
        pdf.cell(0, _ROW_MM, name, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        pdf.multi_cell(0, _ROW_MM, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        pdf.ln(2)
    for pair in invoice.facts:
        _write_pair(pdf, *pair, align=Align.L)
    pdf.ln(4)


def _write_line(pdf: FPDF, line: PrintedLine) -> None:
    """A row of the table: all but the description stands beside the last line of it."""
    pdf.multi_cell(
        _WIDTHS_MM[0], _ROW_MM, line.description, new_x=XPos.RIGHT, new_y=YPos.LAST, align=Align.L
    )
    _, *widths = _WIDTHS_MM
    pdf.cell(widths[0], _ROW_MM, line.period)
    pdf.cell(widths[1], _ROW_MM, line.quantity, align=Align.R)
    pdf.cell(widths[2], _ROW_MM, line.amount, align=Align.R, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.line(pdf.l_margin, pdf.y, pdf.w - pdf.r_margin, pdf.y)


def _write_pair(pdf: FPDF, name: str, text: str, *, align: Align) -> None:
    widths = (sum(_WIDTHS_MM[:3]), _WIDTHS_MM[3]) if align is Align.R else (40, 0)
    pdf.cell(widths[0], _ROW_MM, name, align=align)
    pdf.cell(widths[1], _ROW_MM, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def invoice_from(encoded: bytes) -> PrintedInvoice:
    """The invoice in JSON, as `dataclasses.asdict` has it."""
    found = orjson.loads(encoded)
    return PrintedInvoice(
        found["title"],
        found["seller"],
        found["recipient"],
        tuple(map(tuple, found["facts"])),
        tuple(PrintedLine(**line) for line in found["lines"]),
        tuple(map(tuple, found["sums"])),
        datetime.fromisoformat(found["issued_at"]),
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(document(invoice_from(sys.stdin.buffer.read())))
