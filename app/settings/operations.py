"""Settings of documents: limits, trusted documents, automatic persisted queries."""

from pydantic import Field, model_validator

from app.settings.endpoint import EndpointSettings
from app.settings.fields.field_types import Positive
from gql.documents.validation.limits import Limits
from services.documents.persisted_queries.records import TextLimits
from services.documents.records import OperationsMode


class DocumentSettings(EndpointSettings):
    """Limits, trusted documents and persisted queries; also whether the schema is shown."""

    graphql_max_tokens: Positive = Field(
        2_000,
        description="The most tokens of a document, comments included; a longer one is not parsed.",
    )
    graphql_max_depth: Positive = Field(
        15, description="The deepest nesting of fields in a document."
    )
    graphql_max_aliases: Positive = Field(100, description="The most aliased fields in a document.")
    graphql_max_cost: Positive = Field(
        5_000,
        description="The highest cost of one operation: an object costs 1, a page as much as the"
        " objects that it asks for.",
    )
    graphql_operations_mode: OperationsMode = Field(
        OperationsMode.OPEN,
        description="`open` runs any document, `log` also records those that nobody published, "
        "`trusted` runs only published ones.",
    )
    graphql_operations_require_id: bool = Field(
        False, description="Whether `trusted` accepts only ids, and no texts."
    )
    graphql_compiled_execution: bool = Field(
        True,
        description="Whether repeated operations are compiled; otherwise graphql-core executes "
        "them, with the same results.",
    )
    graphql_persisted_queries: bool = Field(
        True,
        description="Whether clients may register documents by their hash (automatic persisted "
        "queries); never in `trusted`.",
    )
    graphql_persisted_queries_max_count: Positive = Field(
        5_000, description="The most persisted queries that are kept; the oldest are evicted."
    )
    graphql_persisted_queries_max_characters: Positive = Field(
        20_000,
        description="The most characters of a persisted query; a longer document is run but not "
        "kept.",
    )
    graphql_persisted_queries_max_bytes: Positive = Field(
        16_777_216,
        description="The most bytes of all persisted queries, in each process and in Redis; the "
        "oldest are evicted.",
    )
    graphql_persisted_queries_lifetime_seconds: Positive = Field(
        86_400, description="How long a persisted query is kept."
    )

    @model_validator(mode="after")
    def _trusted_shows_no_schema(self) -> "DocumentSettings":
        if self.is_trusted_only and (self.graphql_introspection or self.graphql_ide):
            raise ValueError(
                "GRAPHQL_OPERATIONS_MODE=trusted shows nobody the schema: GRAPHQL_INTROSPECTION "
                "and GRAPHQL_IDE cannot be on"
            )
        return self

    @property
    def is_trusted_only(self) -> bool:
        """Whether only published documents run."""
        return self.graphql_operations_mode is OperationsMode.TRUSTED

    @property
    def allows_introspection(self) -> bool:
        """Whether clients may query the schema."""
        return not self.is_trusted_only and self.is_enabled(self.graphql_introspection)

    @property
    def serves_explorer(self) -> bool:
        """Whether /graphql shows the explorer to browsers."""
        return not self.is_trusted_only and self.is_enabled(self.graphql_ide)

    @property
    def document_limits(self) -> Limits:
        """The limits of a document."""
        return Limits(
            tokens=self.graphql_max_tokens,
            depth=self.graphql_max_depth,
            aliases=self.graphql_max_aliases,
        )

    @property
    def persisted_query_bounds(self) -> TextLimits | None:
        """The limits of the store of automatic persisted queries; None if they are off."""
        if not self.graphql_persisted_queries or self.is_trusted_only:
            return None
        return TextLimits(
            count=self.graphql_persisted_queries_max_count,
            characters=self.graphql_persisted_queries_max_characters,
            lifetime_seconds=self.graphql_persisted_queries_lifetime_seconds,
            total_bytes=self.graphql_persisted_queries_max_bytes,
        )
