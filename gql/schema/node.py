"""The interface of objects with a global id."""

import strawberry


@strawberry.interface(
    description="An object that can be fetched again by its opaque, globally unique id."
)
class Node:
    """An object with a global id; `key` is the id of its row."""

    key: strawberry.Private[int]
    id: strawberry.ID = strawberry.field(
        description="Opaque and globally unique; give it to `node` to fetch the object again."
    )
