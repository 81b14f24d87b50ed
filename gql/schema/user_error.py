"""The type of user errors: why a mutation changed nothing."""

from typing import Self

import strawberry

from services.mutations.refusals import Refusal, UserErrorCode


@strawberry.type(
    description=(
        "Why a mutation changed nothing, in a form a program can act on. A payload whose "
        "`userErrors` is empty succeeded."
    )
)
class UserError:
    """A refusal, as a value of a payload."""

    code: UserErrorCode = strawberry.field(
        description="The reason in a form that programs can compare."
    )
    message: str = strawberry.field(
        description="The reason in a sentence that can be shown to people."
    )
    field: list[str] | None = strawberry.field(
        description="The path of the input field at fault, when one is."
    )
    retry_after_seconds: int | None = strawberry.field(
        description="When trying again can help, and not before."
    )

    @classmethod
    def from_refusal(cls, refusal: Refusal) -> Self:
        """The user error of a refusal."""
        return cls(
            code=refusal.code,
            message=str(refusal),
            field=None if refusal.field is None else ["input", refusal.field],
            retry_after_seconds=refusal.retry_after_seconds,
        )
