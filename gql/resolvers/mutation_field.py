"""The decorator of mutations, which turns refusals into payloads, and helpers for their input."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Annotated, Any, TypeVar

import strawberry
from strawberry.types.unset import UnsetType

from gql.context import Info
from gql.errors import BadUserInput
from gql.schema.user_error import UserError
from gql.values.cost_weights import MUTATION_WEIGHT, weight_metadata
from gql.values.ids import key_of
from services.mutations.refusals import NotFound, Refusal

Root = TypeVar("Root")
InputType = TypeVar("InputType")
Payload = TypeVar("Payload")
Given = TypeVar("Given")
Resolver = Callable[[Root, Info, InputType], Awaitable[Payload]]


def mutation(
    description: str, refused: Callable[..., Payload]
) -> Callable[[Resolver[Root, InputType, Payload]], Any]:  # Any: as strawberry types its fields
    """Make a mutation field of the method that resolves it, with one argument, `input`.

    The argument has the description of its type. A `Refusal` becomes the payload
    `refused(user_errors=[…])`. Loaders are reset first, so that the payload does not show values
    from before.
    """

    def decorate(resolve: Resolver[Root, InputType, Payload]) -> Any:
        @wraps(resolve)
        async def settle(self: Root, info: Info, input_: InputType) -> Payload:
            info.context.reset_loaders()
            try:
                return await resolve(self, info, input_)
            except Refusal as refusal:
                info.context.record_refusal(refusal.code)
                return refused(user_errors=[UserError.from_refusal(refusal)])

        settle.__annotations__["input_"] = _argument(resolve.__annotations__["input_"])
        return strawberry.mutation(
            settle, description=description, metadata=weight_metadata(MUTATION_WEIGHT)
        )

    return decorate


def _argument(input_type: Any) -> Any:  # Any: a class that strawberry made an input type
    description = input_type.__strawberry_definition__.description
    return Annotated[input_type, strawberry.argument(name="input", description=description)]


def none_if_unset(value: Given | UnsetType | None) -> Given | None:
    """The value of an optional input field; None also if it was left out."""
    return None if isinstance(value, UnsetType) else value


def input_key(type_name: str, text: str, *, field: str) -> int:
    """The row's id in a global id of the type `type_name`; raises `NotFound` for any other text."""
    try:
        key = key_of(type_name, text)
    except BadUserInput:
        key = None
    if key is None:
        raise NotFound(f"There is no such {type_name.lower()}.", field=field)
    return key
