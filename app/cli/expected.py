"""Exit statuses of expected failures, which are reported in one line."""

from app.settings import SettingsRefused
from db.embedded import EmbeddedDatabaseFailed
from db.migration import UnknownRevision
from db.repair import IndexNotRepaired


def exit_status_of(failure: Exception) -> int | None:
    """The exit status; None for an unexpected failure."""
    match failure:
        case SettingsRefused():
            return 2
        case EmbeddedDatabaseFailed() | UnknownRevision() | IndexNotRepaired() | OSError():
            return 1
    return None
