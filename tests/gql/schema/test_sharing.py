"""Fields whose value is all that somebody needs are declared to be secret."""

import re

from graphql import GraphQLObjectType

from gql.build import core_schema
from gql.values.sharing import sharing_of

SECRETS = re.compile(r"(url|secret|token)$", re.IGNORECASE)
OF_NOBODY = frozenset({"ApiCredentialSecretPayload.secret", "BillingPortalPayload.url"})
"""Answered by mutations alone, of which no answer is compressed."""


def test_what_is_called_a_link_or_a_secret_is_declared_as_one() -> None:
    declared, named = set(), set()
    for type_ in core_schema().type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                coordinate = f"{type_.name}.{name}"
                if sharing_of(field.extensions).is_secret:
                    declared.add(coordinate)
                if SECRETS.search(name):
                    named.add(coordinate)
    assert named - OF_NOBODY == declared


def test_only_root_fields_are_public_and_say_for_how_long() -> None:
    public = {
        f"{type_.name}.{name}": sharing_of(field.extensions).max_age_seconds
        for type_ in core_schema().type_map.values()
        if isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items()
        if sharing_of(field.extensions).is_public
    }
    assert public == {"Query.plans": 60}
