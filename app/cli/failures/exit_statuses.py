"""Exit statuses of expected failures, which are reported in one line."""

from app.settings import InvalidSettings
from db.embedded import EmbeddedDatabaseFailed
from db.schema.index_repair import IndexNotRepaired
from db.schema.migration import UnknownRevision


def exit_status_of(failure: Exception) -> int | None:
    """The exit status; None for an unexpected failure."""
    match failure:
        case InvalidSettings():
            return 2
        case EmbeddedDatabaseFailed() | UnknownRevision() | IndexNotRepaired() | OSError():
            return 1
    return None
