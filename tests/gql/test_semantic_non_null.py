"""The schema that is printed for clients which ask with `onError: NULL`."""

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, build_schema

from gql.build import schema
from gql.semantic_non_null import DEFINITION, with_semantic_non_null


@pytest.mark.parametrize(
    ("declared", "printed"),
    [
        ("a: Int", "a: Int"),
        ("a: [Int]", "a: [Int]"),
        ("a: Int!", "a: Int @semanticNonNull"),
        ("a: [Int!]", "a: [Int] @semanticNonNull(levels: [1])"),
        ("a: [Int]!", "a: [Int] @semanticNonNull"),
        ("a: [Int!]!", "a: [Int] @semanticNonNull(levels: [0, 1])"),
        ("a: [[Int]!]!", "a: [[Int]] @semanticNonNull(levels: [0, 1])"),
        ("a: [[Int!]]", "a: [[Int]] @semanticNonNull(levels: [2])"),
        (
            'a(b: [Int!]! = [1]): Int! @deprecated(reason: "old")',
            'a(b: [Int!]! = [1]): Int @deprecated(reason: "old") @semanticNonNull',
        ),
    ],
)
def test_a_field(declared: str, printed: str) -> None:
    sdl = f"type Query {{\n  {declared}\n}}"
    assert with_semantic_non_null(sdl) == f"{DEFINITION}\ntype Query {{\n  {printed}\n}}\n"


def test_ours_is_a_valid_schema_that_promises_nothing_about_errors() -> None:
    """Every type and field is there, no output type is non-null, and inputs are as they were."""
    plain, relaxed = schema().as_str(), with_semantic_non_null(schema().as_str())
    before, after = build_schema(plain), build_schema(relaxed)
    assert set(before.type_map) == set(after.type_map)
    for name, type_ in before.type_map.items():
        other = after.type_map[name]
        if name.startswith("__") or not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            continue
        assert isinstance(other, GraphQLObjectType | GraphQLInterfaceType)
        for field_name, field in type_.fields.items():
            assert str(other.fields[field_name].type) == str(field.type).replace("!", "")
            assert {one: str(it.type) for one, it in field.args.items()} == {
                one: str(it.type) for one, it in other.fields[field_name].args.items()
            }
    assert "content: String @semanticNonNull" in relaxed
    assert "edges: [ConversationEdge] @semanticNonNull(levels: [0, 1])" in relaxed
    assert "conversationId: ID!" in relaxed
