"""The type of user errors: why a mutation changed nothing."""

from typing import Self

import strawberry

from gql.schema import described
from services.mutations.refusals import Refusal, UserErrorCode

described.enum(
    "Why a mutation changed nothing.",
    INVALID_INPUT="A member of the input cannot be used.",
    NOT_FOUND="What the input names does not exist, or belongs to somebody else.",
    CONFLICT="What the input names is not in a state for this.",
    IDEMPOTENCY_KEY_REUSED="The idempotency key was used before with other input.",
    NO_ACTIVE_SUBSCRIPTION="An active subscription is needed.",
    QUOTA_EXCEEDED="The day's messages are used up.",
    INVALID_PLAN="There is no such plan on sale.",
    SUBSCRIPTION_ALREADY_ACTIVE="There is an active subscription already.",
    ALREADY_ON_PLAN="The subscription is for this plan already.",
    PAYMENT_DECLINED="The payment was declined.",
    LLM_UNAVAILABLE="The model did not write a whole reply; nothing was charged.",
    USAGE_LIMIT_EXCEEDED="The contract's requests are used up.",
)(UserErrorCode)


@strawberry.type(
    description=(
        "Why a mutation changed nothing, in a form a program can act on. A payload whose "
        "`userErrors` is empty succeeded."
    )
)
class UserError:
    """A refusal, as a value of a payload."""

    code: UserErrorCode = strawberry.field(description="What kind of reason it is.")
    message: str = strawberry.field(description="The reason, for people.")
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
