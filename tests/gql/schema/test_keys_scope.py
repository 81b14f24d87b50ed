"""What a company's key may ask for: what docs/clients/b2b.md says, and nothing else."""

import pytest
from graphql import (
    GraphQLInputType,
    GraphQLSchema,
    get_named_type,
    is_input_object_type,
    is_object_type,
)
from graphql import is_required_input_field as is_required

from gql.build import schema
from gql.values.ids import global_id
from tests.fixtures.servers.server import Api
from tests.fixtures.stores.world import ADA, ADAS_CONVERSATIONS

GRAPHQL: GraphQLSchema = schema()._schema
FOR_KEYS = {"generateGuidance"}
NEEDS_A_PERSON = (
    "UNAUTHENTICATED",
    "A company's API key may not ask for this: a person's token is needed.",
)


def example(type_: GraphQLInputType) -> str:
    """Some value of an input type, as GraphQL writes it, with its required fields alone."""
    named = get_named_type(type_)
    if not is_input_object_type(named):
        return {"Boolean": "true", "Int": "1"}.get(named.name, '"x"')
    fields = ((name, one) for name, one in named.fields.items() if is_required(one))
    return "{" + " ".join(f"{name}: {example(one.type)}" for name, one in fields) + "}"


def mutation(name: str) -> str:
    assert GRAPHQL.mutation_type is not None
    argument = GRAPHQL.mutation_type.fields[name].args["input"]
    return f"mutation {{ {name}(input: {example(argument.type)}) {{ __typename }} }}"


def test_a_key_changes_nothing_but_what_it_pays_for(api: Api, api_key: str) -> None:
    assert GRAPHQL.mutation_type is not None
    for name in GRAPHQL.mutation_type.fields.keys() - FOR_KEYS:
        assert api.error(mutation(name), api_key=api_key) == NEEDS_A_PERSON, name


@pytest.mark.parametrize("field", ["viewer { id }", "ops { operationSlos { operationName } }"])
def test_a_key_sees_no_person_and_no_operations(api: Api, api_key: str, field: str) -> None:
    assert api.data(f"{{ {field} }}", api_key=api_key) == {field.partition(" ")[0]: None}


def test_a_key_sees_of_its_account_what_the_page_says(api: Api, api_key: str) -> None:
    days = 'from: "2026-02-01", to: "2026-02-02"'
    asked = (
        f"usage {{ dailyUsed }} modelUsage({days}) {{ model }} invoices {{ edges {{ cursor }} }}"
    )
    account = api.data(f"{{ enterpriseAccount {{ {asked} }} }}", api_key=api_key)
    assert account["enterpriseAccount"] == {
        "usage": {"dailyUsed": 7},
        "modelUsage": None,
        "invoices": None,
    }
    refused = api.error("{ enterpriseAccount { credentials { id } } }", api_key=api_key)
    assert refused[0] == "FORBIDDEN"
    known = {"id", "companyName", "usage", "dailyUsage", "modelUsage", "credentials", "invoices"}
    account_type = GRAPHQL.type_map["EnterpriseAccount"]
    assert is_object_type(account_type)
    assert known == set(account_type.fields)


def test_a_key_reads_nobodys_conversation(api: Api, api_key: str) -> None:
    id_ = global_id("Conversation", ADAS_CONVERSATIONS[0])
    asked = f'{{ conversation(id: "{id_}") {{ id }} node(id: "{id_}") {{ id }} }}'
    assert api.data(asked, api_key=api_key) == {"conversation": None, "node": None}


def test_a_persons_token_pays_for_no_guidance(api: Api) -> None:
    assert api.error(mutation("generateGuidance"), viewer=ADA) == (
        "UNAUTHENTICATED",
        "A person's token may not ask for this: a company's API key is needed.",
    )
