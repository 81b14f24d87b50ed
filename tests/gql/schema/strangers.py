"""What is Grace's, one object of each type that has an id."""

from pathlib import Path

from graphql import GraphQLInterfaceType, build_schema

import gql
from tests.fixtures.stores.world import (
    GRACE,
    GRACES_COMPANY,
    GRACES_CONVERSATION,
    GRACES_CREDENTIAL,
    GRACES_INVOICE,
    GRACES_MESSAGE,
    GRACES_REQUEST,
)

SCHEMA = build_schema((Path(gql.__file__).parent / "schema.graphql").read_text())
GRACES = {
    "User": GRACE,
    "Conversation": GRACES_CONVERSATION,
    "Message": GRACES_MESSAGE,
    "PrivacyRequest": GRACES_REQUEST,
    "EnterpriseAccount": GRACES_COMPANY,
    "ApiCredential": GRACES_CREDENTIAL,
    "Invoice": GRACES_INVOICE,
}
NOWHERE = 987_654
"""The key of nothing."""


def _node_types() -> tuple[str, ...]:
    node = SCHEMA.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    return tuple(sorted(one.name for one in SCHEMA.get_implementations(node).objects))


NODE_TYPES = _node_types()
"""Of a type that is new, `GRACES` needs an object too."""
