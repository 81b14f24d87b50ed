"""What clients read about costs: extensions, and the error of an operation that costs too much."""

from typing import Any

from graphql import GraphQLError

from gql.documents.cost.operation_cost import ExpensiveField
from services.throttling.records import BucketLevel


# Any: extensions are JSON.
def cost_extensions(requested: int, actual: int | None, level: BucketLevel) -> dict[str, Any]:
    """The cost extensions of an operation, in the format that Shopify's API uses."""
    return {
        "cost": {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": {
                "maximumAvailable": level.policy.capacity,
                "currentlyAvailable": level.available,
                "restoreRate": level.policy.restore_rate,
            },
        }
    }


def too_expensive(cost: int, maximum: int, places: list[ExpensiveField]) -> GraphQLError:
    """The error of an operation over the maximum; names the fields that cost most."""
    message = f"The operation costs {cost}, and at most {maximum} is served."
    if places:
        message += f" Dearest is {', then '.join(_describe(place) for place in places)}."
    return GraphQLError(
        message,
        extensions={
            "cost": cost,
            "maximum": maximum,
            "paths": [place_report(place) for place in places],
        },
    )


def _describe(place: ExpensiveField) -> str:
    advice = "" if place.at_most is None else f": ask for at most {place.at_most} here"
    return f"{place.path} ({place.cost}{advice})"


# Any: extensions are JSON.
def place_report(place: ExpensiveField) -> dict[str, Any]:
    """A field that costs much, as extensions have it."""
    return {
        "path": place.path,
        "cost": place.cost,
        "argument": place.argument,
        "size": place.size,
        "atMost": place.at_most,
    }
