"""The messages shown to people for failed privacy requests."""

from collections.abc import Mapping

from services.privacy.records import FailureReason

_MESSAGES: Mapping[str, str] = {
    FailureReason.STORAGE_FULL: "There was no room for the archive; ask again later.",
    FailureReason.INTERRUPTED: "It was interrupted too often; ask again later.",
    FailureReason.STILL_IDENTIFIED: (
        "Something that identifies you is left; we look into it and finish the erasure."
    ),
    FailureReason.NOT_CLASSIFIED: (
        "It is not certain that nothing would be forgotten; we look into it and finish it."
    ),
    FailureReason.SUPERSEDED: "The erasure of the data came first.",
}
_UNEXPECTED = "Something went wrong on our side; ask again later."


def failure_message(reason: str) -> str:
    """The message for a stored failure reason; unknown reasons count as unexpected."""
    return _MESSAGES.get(reason, _UNEXPECTED)
