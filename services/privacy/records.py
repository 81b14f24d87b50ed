"""The kinds and states of privacy requests, and the archive of an export."""

from dataclasses import dataclass
from enum import StrEnum


class FailureReason(StrEnum):
    """Why a request was given up, as the database spells the reasons."""

    STORAGE_FULL = "storage_full"
    INTERRUPTED = "interrupted"
    STILL_IDENTIFIED = "still_identified"
    NOT_CLASSIFIED = "not_classified"
    SUPERSEDED = "superseded"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class ExportArchive:
    """A finished archive of an export."""

    file_name: str
    byte_size: int
    sha256: bytes
