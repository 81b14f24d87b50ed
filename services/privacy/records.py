"""What a privacy request is, and what carrying it out gives."""

from dataclasses import dataclass
from enum import Enum


class RequestKind(Enum):
    """What is asked for, as the database spells it."""

    EXPORT = "export"
    ERASURE = "delete"


class RequestStatus(Enum):
    """How far a request is, as the database spells it."""

    REQUESTED = "requested"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class FailureReason(Enum):
    """Why a request was given up, as the database spells it."""

    STORAGE_FULL = "storage_full"
    INTERRUPTED = "interrupted"
    STILL_IDENTIFIED = "still_identified"
    NOT_CLASSIFIED = "not_classified"
    SUPERSEDED = "superseded"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class Archive:
    """A finished archive of an export."""

    file_name: str
    byte_size: int
    sha256: bytes
