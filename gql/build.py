"""Builds the schema, once per process."""

from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import orjson
import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from gql.compiler.codegen.leaves import ScalarEncoder, attach_scalar_encoders
from gql.compiler.resolution.strawberry_fields import attach_mappings
from gql.federation import federated_schema
from gql.resolvers.mutation import Mutation
from gql.resolvers.query import Query
from gql.resolvers.subscription import Subscription
from gql.schema.billing import invoice, invoice_line, plan_change, quota, subscription
from gql.schema.billing import mutations as billing_mutations
from gql.schema.billing.invoice import Invoice
from gql.schema.chat import conversation, feedback, message, models
from gql.schema.chat.message import Message
from gql.schema.directives import DIRECTIVES
from gql.schema.enterprise import account
from gql.schema.enterprise.account import ApiCredential
from gql.schema.enums import publish_enums
from gql.schema.privacy import request
from gql.schema.privacy.request import PrivacyRequest
from gql.schema.scalars import SCALARS, encode_instant, format_instant

_WITH_MAPPINGS = (
    account,
    billing_mutations,
    conversation,
    feedback,
    invoice,
    invoice_line,
    message,
    models,
    plan_change,
    quota,
    request,
    subscription,
)
SCALAR_ENCODERS = (
    ScalarEncoder(format_instant, datetime, encode_instant, only=("tzinfo", UTC)),
    ScalarEncoder(date.isoformat, date, orjson.dumps),
)
"""The fastest encoders of instants and days."""


_TYPES = (ApiCredential, Invoice, Message, PrivacyRequest)
"""Types that no field of a root names."""


@cache
def schema() -> strawberry.Schema:
    """The whole schema, with what the compiler needs attached to its types."""
    publish_enums()
    return _compilable(strawberry.Schema(query=Query, **_parts()))


@cache
def subgraph() -> strawberry.Schema:
    """The same as a subgraph of a supergraph, which is asked for by `GRAPHQL_FEDERATION` alone."""
    publish_enums()
    return _compilable(federated_schema(**_parts()))


def core_schema(*, is_subgraph: bool = False) -> GraphQLSchema:
    """The schema, or the subgraph, as graphql-core's object."""
    return core_of(subgraph() if is_subgraph else schema())


# Any: arguments of strawberry's.
def _parts() -> dict[str, Any]:
    """What both are made of, beside their queries."""
    return {
        "mutation": Mutation,
        "subscription": Subscription,
        "types": _TYPES,
        "directives": DIRECTIVES,
        "config": StrawberryConfig(
            scalar_map=SCALARS, enable_experimental_incremental_execution=True
        ),
    }


def _compilable(built: strawberry.Schema) -> strawberry.Schema:
    core = core_of(built)
    attach_scalar_encoders(core, SCALAR_ENCODERS)
    attach_mappings(core, (one for module in _WITH_MAPPINGS for one in module.MAPPINGS))
    return built


def core_of(built: strawberry.Schema) -> GraphQLSchema:
    """A schema of strawberry's as graphql-core's object."""
    return built._schema  # noqa: SLF001 - strawberry has no other name for it
