"""Rows in a form: each written by the database as one text.

Whatever a form says is bound as a value, so that no name of a document's is in a statement. A null
makes the whole text null: there is none where a column has a value that has no word.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import groupby
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
)

from db import form as forms
from db.form import Form, Part

_Piece: TypeAlias = str | ColumnElement[str]
_INSTANT = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""


def packed(rows: FromClause, form: Form, columns: Sequence[str]) -> Select[Any]:
    """One row of arrays: `forms` with the texts of `rows`, and each of the `columns`."""
    # Any: columns of every type.
    arrays: list[ColumnElement[Any]] = [func.array_agg(_text(form.parts, rows)).label("forms")]
    arrays += [func.array_agg(rows.c[name]).label(name) for name in columns]
    return select(*arrays)


def _text(parts: Sequence[Part], rows: FromClause) -> ColumnElement[str]:
    pieces = [piece for part in parts for piece in _pieces(part, rows)]
    return _joined(pieces)


def _joined(pieces: Sequence[_Piece]) -> ColumnElement[str]:
    """The pieces one after the other, what never changes in as few of them as can be."""
    written: list[ColumnElement[str]] = []
    for is_text, group in groupby(pieces, lambda piece: isinstance(piece, str)):
        if is_text:
            written.append(literal("".join(map(str, group)), Text))
        else:
            written.extend(piece for piece in group if not isinstance(piece, str))
    return reduce(lambda left, right: left.concat(right), written)


def _pieces(part: Part, rows: FromClause) -> Iterator[_Piece]:
    if isinstance(part, str):
        yield part
        return
    if isinstance(part, forms.OrNull):
        yield func.coalesce(_joined(list(_pieces(part.written, rows))), literal_column("'null'"))
        return
    column = rows.c[part.column]
    match part:
        case forms.Text():
            yield cast(func.to_json(column), Text)
        case forms.Instant():
            yield from ('"', _instant(column), '"')
        case forms.Name():
            named = case({value: literal(name, Text) for value, name in part.names}, value=column)
            yield from ('"', named, '"')
        case forms.Key():
            yield from ('"', _key(part.prefix, column), '"')


# Any: columns of every type.
def _instant(column: ColumnElement[Any]) -> ColumnElement[str]:
    utc = func.timezone(literal_column("'UTC'"), column)
    written = func.to_char(utc, literal_column(_INSTANT))
    # Without microseconds there is no fraction.
    return func.replace(written, literal_column("'.000000Z'"), literal_column("'Z'"))


def _key(prefix: str, column: ColumnElement[Any]) -> ColumnElement[str]:
    text = literal(prefix, Text).concat(cast(column, Text))
    return func.encode(func.convert_to(text, literal_column("'UTF8'")), literal_column("'base64'"))
