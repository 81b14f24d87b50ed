"""The types of privacy requests, with their archives and receipts."""

from datetime import datetime
from functools import partial
from typing import Self

import strawberry

from db.row import Row
from db.states import PrivacyRequestKind, PrivacyRequestStatus
from gql.context import Info
from gql.schema import described
from gql.schema.connections import PageInfo, page_info
from gql.schema.node import Node
from gql.values.cost_weights import Weight, weight_metadata
from gql.values.mapped_future import map_future
from gql.values.mappings import (
    Column,
    Cursor,
    GlobalId,
    Instant,
    Member,
    Nested,
    ObjectMapping,
    Sourced,
)
from gql.values.sharing import SECRET, sharing_metadata
from loaders import Slice
from services.privacy.failures import failure_message
from services.privacy.links import Links

LARGEST_INT = 2**31 - 1
"""The largest value of GraphQL's `Int`."""


@strawberry.type(description="The archive of a completed export.")
class PrivacyExport:
    """A file that can be downloaded until it expires."""

    download_url: str = strawberry.field(
        description=(
            "A link that needs no further sign-in and stops working at `expiresAt`; one that "
            "begins with `/` is relative to the API's address."
        ),
        metadata=sharing_metadata(SECRET),
    )
    expires_at: datetime = strawberry.field(description="When the link stops working.")
    byte_size: int = strawberry.field(
        description=(
            "The archive's size in bytes; 2147483647, the largest `Int`, where it is larger: then "
            "the download's `Content-Length` tells it."
        )
    )
    sha256: str = strawberry.field(description="The archive's SHA-256, in hexadecimal.")

    @classmethod
    def from_row(cls, links: Links, row: Row | None) -> Self | None:
        """The archive of a row; None without a row."""
        if row is None:
            return None
        return cls(
            download_url=links.export_url(row["file_name"]),
            expires_at=row["expires_at"],
            byte_size=min(row["byte_size"], LARGEST_INT),
            sha256=row["sha256"].hex(),
        )


@strawberry.type(description="What an erasure did to one table.")
class ErasedTable:
    """A line of a receipt."""

    name: str = strawberry.field(description="The name of the table.")
    rows: int = strawberry.field(
        description="How many of the table's rows were erased or anonymised."
    )


ERASED_TABLE = ObjectMapping(
    ErasedTable, {"name": Column("table_name"), "rows": Column("row_count")}
)


@strawberry.type(description="Proof of a completed erasure.")
class ErasureReceipt:
    """What was erased, and that a scan afterwards found nothing left."""

    tables: Sourced[list[ErasedTable], tuple[Row, ...]] = strawberry.field(
        description="Rows erased or anonymised, per table.",
        metadata=weight_metadata(Weight(assumed_size=30)),
    )
    remaining_references: int = strawberry.field(
        description=(
            "Rows that still identified the person when every table was scanned afterwards: zero."
        )
    )
    verified_at: datetime = strawberry.field(
        description="When the erasure was verified to be complete."
    )


@strawberry.type(description="A person's request for an export or for erasure.")
class PrivacyRequest(Node):
    """A request of the viewer's."""

    kind: PrivacyRequestKind = strawberry.field(
        description="Whether the request is for a copy of the data, or for its erasure."
    )
    status: PrivacyRequestStatus = strawberry.field(
        description="Whether the request waits, is being carried out, or how it ended."
    )
    requested_at: datetime = strawberry.field(description="When the request was received.")
    completed_at: datetime | None = strawberry.field(
        description="When the request was carried out; null before."
    )
    scheduled_for: datetime | None = strawberry.field(
        description="When an erasure is carried out, unless it is cancelled before."
    )
    error_reason: str | None = strawberry.field(description="Why it was given up, for people.")
    remaining_references: strawberry.Private[int | None]
    verified_at: strawberry.Private[datetime | None]

    @described.field("The archive of a completed export, until it expires.")
    def export(self, info: Info) -> PrivacyExport | None:
        if self.kind is not PrivacyRequestKind.EXPORT or self.completed_at is None:
            return None
        found = info.context.loaders.privacy_archive.start(self.key)
        return map_future(found, partial(PrivacyExport.from_row, info.context.services.links))

    @described.field(
        "Proof of a completed erasure. It is nobody's any more: its person, who is signed out, "
        "reads it at `receiptUrl`, and operators by the request's id."
    )
    def receipt(self, info: Info) -> ErasureReceipt | None:
        verified_at, references = self.verified_at, self.remaining_references
        if verified_at is None or references is None:
            return None

        def receipt_of(rows: tuple[Row, ...]) -> ErasureReceipt:
            return ErasureReceipt(
                tables=rows, remaining_references=references, verified_at=verified_at
            )

        return map_future(info.context.loaders.erased_tables.start(self.key), receipt_of)

    @described.field(
        "Of an erasure: a link to its receipt, to be kept, since the person is signed out by "
        "then. It needs no sign-in, and says how far the erasure is until it is completed.",
        sharing=SECRET,
    )
    def receipt_url(self, info: Info) -> str | None:
        if self.kind is not PrivacyRequestKind.DELETE:
            return None
        return info.context.services.links.receipt_url(self.key)


PRIVACY_REQUEST = ObjectMapping(
    PrivacyRequest,
    {
        "key": Column("id"),
        "id": GlobalId("PrivacyRequest"),
        "kind": Column("request_kind", PrivacyRequestKind),
        "status": Column("status", PrivacyRequestStatus),
        "requested_at": Instant("requested_at"),
        "completed_at": Instant("completed_at"),
        "scheduled_for": Instant("scheduled_for"),
        "error_reason": Column("error_reason", failure_message),
        "remaining_references": Column("remaining_references"),
        "verified_at": Instant("verified_at"),
    },
)


@strawberry.type(description="A privacy request at its place in the list.")
class PrivacyRequestEdge:
    """An edge of a `PrivacyRequestConnection`."""

    node: PrivacyRequest = strawberry.field(
        description="The privacy request at this place of the list."
    )
    cursor: str = strawberry.field(description="The request's place, for `after`.")


PRIVACY_REQUESTS, _AT = "privacyRequests", "requested_at"
"""The name of a user's list of requests in cursors, and the column that orders it."""
PRIVACY_REQUEST_EDGE = ObjectMapping(
    PrivacyRequestEdge,
    {"node": Nested(PRIVACY_REQUEST), "cursor": Cursor(PRIVACY_REQUESTS, _AT)},
)


@strawberry.type(description="A page of privacy requests, newest first.")
class PrivacyRequestConnection:
    """A page of one user's requests."""

    edges: list[PrivacyRequestEdge] = strawberry.field(description="The requests of the page.")
    page_info: PageInfo = strawberry.field(
        description="Whether there are more before and after the page, and the cursors to ask "
        "for them."
    )


PRIVACY_REQUEST_CONNECTION = ObjectMapping(
    PrivacyRequestConnection,
    {"edges": Member("rows"), "page_info": page_info(PRIVACY_REQUESTS, _AT)},
    source=Slice,
)
MAPPINGS = (
    ERASED_TABLE,
    PRIVACY_REQUEST,
    PRIVACY_REQUEST_EDGE,
    PRIVACY_REQUEST_CONNECTION,
)
