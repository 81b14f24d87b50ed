"""How often clients use documents, counted in memory and written about once a second."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from db.database import Database
from db.queries import document_use
from services.notes import Notes
from services.operations.identifiers import digest_of
from services.operations.records import Shape

_MOST_USES = 100_000
_MOST_UNKNOWN_BYTES = 2 * 1024 * 1024
"""What is held of them until it is written."""
LONGEST_UNKNOWN = 10_000
"""Characters of one, without its values; a longer one is not recorded."""
_NOTE_BYTES = 500
MOST_UNKNOWN = 10_000
"""How many documents that nobody published are kept, each once for each client."""


@dataclass(slots=True)
class Counted:
    """So many requests, the first and the last at these times."""

    uses: int
    first: datetime
    last: datetime

    def merged(self, later: "Counted") -> "Counted":
        """Both together."""
        return Counted(self.uses + later.uses, self.first, later.last)


UseKey: TypeAlias = tuple[str, str]
"""The id of a document, and the name of a client."""
ShapeKey: TypeAlias = tuple[Shape, str]


class DocumentUses:
    """Counts uses of published documents, and requests for others."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.known: Notes[UseKey, Counted] = Notes(
            "uses of documents", self._write_known, most=_MOST_USES
        )
        self.unknown: Notes[ShapeKey, Counted] = Notes(
            "unknown documents", self._write_unknown, most=_MOST_UNKNOWN_BYTES, size=_held
        )

    def used(self, id_: str, client_name: str, now: datetime) -> None:
        """Count a use of a published document."""
        key = id_, client_name
        counted = self.known.noted(key)
        if counted is None:
            self.known.note(key, Counted(1, now, now))
        else:
            counted.uses += 1
            counted.last = now

    def asked(self, shape: Shape, client_name: str, now: datetime) -> None:
        """Count a request for a document that nobody published; a very long one is passed over."""
        if len(shape.text) <= LONGEST_UNKNOWN:
            self.unknown.note((shape, client_name), Counted(1, now, now))

    async def _write_known(self, noted: Mapping[UseKey, Counted]) -> None:
        # In one order in every process, so that two that write the same rows do not block.
        rows = sorted(noted.items())
        async with self._database.read_primary() as connection:
            await document_use.note(
                connection,
                hashes=[digest_of(id_) for (id_, _), _ in rows],
                client_names=[client for (_, client), _ in rows],
                counts=[counted.uses for _, counted in rows],
                first=[counted.first for _, counted in rows],
                last=[counted.last for _, counted in rows],
            )

    async def _write_unknown(self, noted: Mapping[ShapeKey, Counted]) -> None:
        rows = sorted(noted.items(), key=lambda row: (row[0][0].id, row[0][1]))
        async with self._database.read_primary() as connection:
            await document_use.note_unknown(
                connection,
                hashes=[digest_of(shape.id) for (shape, _), _ in rows],
                client_names=[client for (_, client), _ in rows],
                bodies=[shape.text for (shape, _), _ in rows],
                operation_names=[shape.name for (shape, _), _ in rows],
                costs=[shape.cost for (shape, _), _ in rows],
                counts=[counted.uses for _, counted in rows],
                first=[counted.first for _, counted in rows],
                last=[counted.last for _, counted in rows],
                most=MOST_UNKNOWN,
            )


def _held(key: ShapeKey) -> int:
    """The bytes that a note of a document takes."""
    return sys.getsizeof(key[0].text) + _NOTE_BYTES
