"""Builds the schema, once per process."""

from datetime import UTC, date, datetime
from functools import cache

import orjson
import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from gql.compiler.codegen.leaves import register_scalar_encoder
from gql.resolvers.mutation import Mutation
from gql.resolvers.query import Query
from gql.resolvers.subscription import Subscription
from gql.schema.chat.message import Message
from gql.schema.enterprise.account import ApiCredential
from gql.schema.privacy.request import PrivacyRequest
from gql.schema.scalars import SCALARS, encode_instant, format_instant


@cache
def schema() -> strawberry.Schema:
    """The whole schema."""
    register_scalar_encoders()
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[ApiCredential, Message, PrivacyRequest],
        config=StrawberryConfig(scalar_map=SCALARS, enable_experimental_incremental_execution=True),
    )


def core_schema() -> GraphQLSchema:
    """The same schema as graphql-core's object."""
    return schema()._schema  # noqa: SLF001 - strawberry has no other name for it


def register_scalar_encoders() -> None:
    """Register the fastest JSON encoders for instants and days with the compiler."""
    register_scalar_encoder(format_instant, datetime, encode_instant, only=("tzinfo", UTC))
    register_scalar_encoder(date.isoformat, date, orjson.dumps)
