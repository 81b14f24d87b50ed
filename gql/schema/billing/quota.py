"""The type of daily quotas."""

from datetime import datetime

import strawberry

from gql.values.mappings import Member, ObjectMapping
from services.quota.records import Quota as QuotaRecord
from services.quota.records import QuotaState


@strawberry.type(description="What the viewer may still send on the current UTC day.")
class Quota:
    """A quota, from its record."""

    state: QuotaState = strawberry.field(description="Whether, and why not, one may be sent.")
    limit: int = strawberry.field(description="Messages that the plan gives for a UTC day.")
    used: int = strawberry.field(
        description="Messages sent today, those being answered among them."
    )
    remaining: int = strawberry.field(description="Messages that can still be sent today.")
    resets_at: datetime = strawberry.field(
        description="When the next UTC day begins, and with it a new quota."
    )


_QUOTA_ATTRIBUTES = ("state", "limit", "used", "remaining", "resets_at")
QUOTA = ObjectMapping(Quota, {name: Member(name) for name in _QUOTA_ATTRIBUTES}, source=QuotaRecord)
MAPPINGS = (QUOTA,)
