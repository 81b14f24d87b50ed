"""Relay connections over keyset pages: their arguments and their page info."""

from functools import lru_cache
from typing import Annotated

import strawberry
from strawberry import UNSET
from strawberry.types.unset import UnsetType

from db.page import Page
from gql.errors import BadUserInput
from gql.values.cursors import decode_cursor
from gql.values.list_sizes import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from gql.values.mappings import Attribute, Cursor, Member, Nested, ObjectMapping

First = Annotated[
    int | None,
    strawberry.argument(description="How many from the front, 1 to 100; 20 when left out."),
]
Last = Annotated[
    int | None,
    strawberry.argument(description="How many from the back, 1 to 100; not together with `first`."),
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Before = Annotated[
    str | None, strawberry.argument(description="Only what comes before this cursor.")
]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """The page info of a page of rows."""

    has_next_page: bool = strawberry.field(description="Whether more follows, where it is known.")
    has_previous_page: bool = strawberry.field(
        description="Whether something precedes, where it is known."
    )
    start_cursor: str | None = strawberry.field(
        description="The cursor of the first edge; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last edge; null on an empty page."
    )


def page_info(list_name: str, at: str) -> Nested:
    """The page info as an attribute of a page of `list_name`, ordered by the column `at`."""
    attributes: dict[str, Attribute] = {
        "has_next_page": Member("has_next"),
        "has_previous_page": Member("has_previous"),
        "start_cursor": Cursor(list_name, at, 0),
        "end_cursor": Cursor(list_name, at, -1),
    }
    return Nested(ObjectMapping(PageInfo, attributes))


def requested_page(
    list_name: str,
    parent_id: int,
    *,
    first: int | UnsetType | None = UNSET,
    after: str | UnsetType | None = UNSET,
    last: int | UnsetType | None = UNSET,
    before: str | UnsetType | None = UNSET,
) -> Page:
    """The page of a parent's list that the arguments ask for; raises `BadUserInput`."""
    page = _page(first, last)
    if after is UNSET and before is UNSET:
        return page
    scope = f"{list_name}:{parent_id}"
    return page._replace(
        after=decode_cursor(scope, after) if isinstance(after, str) else None,
        before=decode_cursor(scope, before) if isinstance(before, str) else None,
    )


def requested_size(first: object) -> int:
    """The size of a page that `first` asks for; raises `BadUserInput`."""
    return _size("first", first) or DEFAULT_PAGE_SIZE


@lru_cache(maxsize=1_000)
def _page(first: int | UnsetType | None, last: int | UnsetType | None) -> Page:
    if isinstance(first, int) and isinstance(last, int):
        raise BadUserInput("Ask for `first` or for `last`, not for both.")
    return Page(
        size=_size("first", first) or _size("last", last) or DEFAULT_PAGE_SIZE,
        is_backward=isinstance(last, int),
    )


def _size(argument: str, value: object) -> int | None:
    if not isinstance(value, int):
        return None
    if not 1 <= value <= MAX_PAGE_SIZE:
        raise BadUserInput(f"`{argument}` must be from 1 to {MAX_PAGE_SIZE}, not {value}.")
    return value
