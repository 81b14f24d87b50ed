"""The protections: why an operation may be refused on purpose, and which refusals are one."""

from collections.abc import Mapping
from enum import Enum

from services.mutations.refusals import UserErrorCode


class Protection(Enum):
    """Why an operation may be refused on purpose: an HTTP status, or a kind of user error."""

    THROTTLED = "429"
    IN_FLIGHT = "409"
    QUOTA = "quota"
    CONFLICT = "conflict"


PROTECTION_BY_USER_ERROR: Mapping[UserErrorCode, Protection] = {
    UserErrorCode.QUOTA_EXCEEDED: Protection.QUOTA,
    UserErrorCode.USAGE_LIMIT_EXCEEDED: Protection.QUOTA,
    UserErrorCode.NO_ACTIVE_SUBSCRIPTION: Protection.QUOTA,
    UserErrorCode.CONFLICT: Protection.CONFLICT,
    UserErrorCode.IDEMPOTENCY_KEY_REUSED: Protection.CONFLICT,
}
