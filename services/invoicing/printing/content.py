"""What is printed of an invoice: texts, in the order in which they stand on the page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

_WHOLE = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
_MINOR_DIGITS = {
    **dict.fromkeys(_WHOLE.split(), 0),
    **dict.fromkeys(_THOUSANDTHS.split(), 3),
}
"""The digits of a currency's smallest unit, which amounts are stored in, where they are not two."""


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line: what it is for, its period, how many, and its amount."""

    description: str
    period: str
    quantity: str
    amount: str


@dataclass(frozen=True, slots=True)
class PrintedInvoice:
    """An invoice as it is printed; `facts` and `sums` are pairs of a name and a text."""

    title: str
    seller: str
    recipient: str
    facts: tuple[tuple[str, str], ...]
    lines: tuple[PrintedLine, ...]
    sums: tuple[tuple[str, str], ...]
    issued_at: datetime

    def texts(self) -> Iterator[str]:
        """Everything that is printed."""
        yield from (self.title, self.seller, self.recipient)
        yield from chain.from_iterable(self.facts + self.sums)
        for line in self.lines:
            yield from (line.description, line.period, line.quantity, line.amount)

    def with_texts(self, change: Callable[[str], str]) -> "PrintedInvoice":
        """The same with each text changed."""
        return PrintedInvoice(
            change(self.title),
            change(self.seller),
            change(self.recipient),
            tuple((change(name), change(text)) for name, text in self.facts),
            tuple(
                PrintedLine(
                    change(line.description),
                    change(line.period),
                    change(line.quantity),
                    change(line.amount),
                )
                for line in self.lines
            ),
            tuple((change(name), change(text)) for name, text in self.sums),
            self.issued_at,
        )


def money(amount: int, currency: str) -> str:
    """An amount in the currency's smallest unit: `-1,234.50 EUR`."""
    digits = _MINOR_DIGITS.get(currency, 2)
    whole, rest = divmod(abs(amount), 10**digits)
    fraction = f".{rest:0{digits}}" if digits else ""
    return f"{'-' if amount < 0 else ''}{whole:,}{fraction} {currency}"


def period(start: datetime | None, end: datetime | None) -> str:
    """The days of a period: from the first to that on which the next begins."""
    if start is None or end is None:
        return ""
    return f"{start:%Y-%m-%d} to {end:%Y-%m-%d}"
