"""The failures that a command line is told of in one line, and the status that each ends with."""

from app.settings import SettingsRefused
from db.embedded import EmbeddedDatabaseFailed
from db.migration import UnknownRevision


def status_of(failure: Exception) -> int | None:
    """The status to end with; None for a failure of ours."""
    match failure:
        case SettingsRefused():
            return 2
        case EmbeddedDatabaseFailed() | UnknownRevision() | OSError():
            return 1
    return None
