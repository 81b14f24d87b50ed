"""The ledger of erasures: a file outside the database, which a restored backup cannot take back.

It has a line for each erasure, with the person's id and the instant, and no other data.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_LINE = re.compile(rb"(\d{1,18}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?\+00:00)")


@dataclass(frozen=True, slots=True)
class ErasedPerson:
    """A person's id, and when the person was erased."""

    user_id: int
    erased_at: datetime


@dataclass(frozen=True, slots=True)
class LedgerEntries:
    """Entries of a ledger; `end` is the offset behind them, `unreadable` counts other lines."""

    people: Sequence[ErasedPerson]
    end: int
    unreadable: int = 0


class ErasureLedger:
    """The file at `path`; its methods block, and raise `OSError`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, person: ErasedPerson) -> None:
        """Add a person, and wait until that is on the disk; any number of processes may do so."""
        line = f"{person.user_id} {person.erased_at.isoformat()}\n".encode()
        with self.path.open("ab+") as file:
            if self._ends_within_a_line(file.fileno()):
                line = b"\n" + line
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def entries(self, begin: int = 0) -> LedgerEntries:
        """The entries from an offset on, as far as they are complete."""
        with self.path.open("rb") as file:
            file.seek(begin)
            content = file.read()
        complete = content[: content.rfind(b"\n") + 1]
        lines = complete.splitlines()
        people = [one for line in lines if (one := _person(line))]
        # A line that a process did not finish: its erasure was not completed, but repeated later.
        unreadable = sum(bool(line) for line in lines) - len(people)
        return LedgerEntries(people, begin + len(complete), unreadable)

    @staticmethod
    def _ends_within_a_line(descriptor: int) -> bool:
        size = os.fstat(descriptor).st_size
        return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def _person(line: bytes) -> ErasedPerson | None:
    """The person of a line; None if it is not one of the ledger."""
    match = _LINE.fullmatch(line)
    try:
        return match and ErasedPerson(int(match[1]), datetime.fromisoformat(match[2].decode()))
    except ValueError:
        return None
