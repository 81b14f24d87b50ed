"""The events of a reply while it is written."""

from typing import Annotated, TypeAlias

import strawberry

from gql.context import Info
from gql.schema import described
from gql.schema.billing.quota import Quota
from gql.schema.chat.message import Message
from gql.schema.user_error import UserError
from gql.values.mappings import Sourced
from loaders.batching.loader import LoaderFuture
from services.quota.records import Quota as QuotaRecord


@strawberry.type(description="A piece of a reply.")
class ReplyDelta:
    """The next piece of text; `index` is the event's number too."""

    index: int = strawberry.field(
        description="Its place, from 1 on; pass it as `after` to go on behind it."
    )
    text: str = strawberry.field(description="What follows the pieces before it.")

    @property
    def event_id(self) -> int:
        """The number after which a client can resume the stream."""
        return self.index


@strawberry.type(description="The reply is complete, or was stopped; nothing follows.")
class ReplyCompleted:
    """The last event of a reply that was completed or stopped."""

    user_key: strawberry.Private[int]
    message: Message = strawberry.field(description="The reply, complete.")

    @described.field("The day's quota after this message.")
    def quota(self, info: Info) -> Sourced[Quota, LoaderFuture[QuotaRecord]]:
        return info.context.loaders.quota.start(self.user_key)


@strawberry.type(description="The reply could not be written; nothing follows.")
class ReplyFailed:
    """The last event of a reply that failed."""

    message: Message = strawberry.field(description="The failed reply, with what had arrived.")
    error: UserError = strawberry.field(description="Why the reply could not be written.")


ReplyEvent: TypeAlias = Annotated[
    ReplyDelta | ReplyCompleted | ReplyFailed,
    strawberry.union("ReplyEvent", description="What happens to a reply that is being written."),
]
