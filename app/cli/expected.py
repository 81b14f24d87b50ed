"""The failures that a command line is told of in one line, and the status that each ends with."""

from app.settings import SettingsRefused
from db.embedded import EmbeddedDatabaseFailed
from db.migration import UnknownRevision
from db.repair import IndexNotRepaired


def exit_status_of(failure: Exception) -> int | None:
    """The status to end with; None for a failure of ours."""
    match failure:
        case SettingsRefused():
            return 2
        case EmbeddedDatabaseFailed() | UnknownRevision() | IndexNotRepaired() | OSError():
            return 1
    return None
