"""Directives that documents of clients may use, besides those of the specification."""

from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry.directive import DirectiveLocation, DirectiveValue

from gql.schema import described


@described.enum(
    "Who may keep an answer.",
    PUBLIC="Every cache on the way, for everybody: the query must select nothing personal.",
    PRIVATE="Only the cache of the client that asked.",
)
class CacheControlScope(Enum):
    """The scope of `@cacheControl`."""

    PUBLIC = "public"
    PRIVATE = "private"


MaxAge = Annotated[
    int,
    strawberry.argument(
        description="For how many seconds the answer may be used without asking again: 0 to "
        "31536000, written as a number."
    ),
]
Scope = Annotated[
    CacheControlScope | None,
    strawberry.argument(
        description="Who may keep it; left out, everybody if everything selected is public."
    ),
]


# Any: the directive concerns the whole operation, and passes values of fields on.
@strawberry.directive(
    locations=[DirectiveLocation.QUERY],
    description="Says in `Cache-Control` for how long the answer to this query may be kept, if it "
    "is asked by GET.",
)
def cache_control(value: DirectiveValue[Any], max_age: MaxAge, scope: Scope = None) -> Any:
    """Leave a value as it is."""
    del max_age, scope
    return value


DIRECTIVES = (cache_control,)
