"""Which documents a change of the schema breaks."""

from dataclasses import replace

import pytest
from graphql import build_schema

from db.states import DocumentState
from gql.documents.registry.schema_changes import SchemaComparison, compare_schemas
from services.documents.records import ListedDocument

SDL = """
directive @live(rate: Int) on FIELD
enum Colour { RED GREEN }
input Wish { colour: Colour, inner: Inner }
input Inner { text: String }
interface Named { name: String }
type Cat implements Named { name: String colour: Colour! age(unit: String): Int }
type Dog implements Named { name: String }
union Pet = Cat | Dog
type Query { cat(wish: Wish): Cat pet: Pet named: Named }
"""


def document(name: str, text: str) -> ListedDocument:
    """A document that is in use."""
    return ListedDocument("web", name, f"sha256:{name}", None, DocumentState.ACTIVE, 1, text, ())


DOCUMENTS = [
    document("Name", "query Name { cat { name } }"),
    document("Colour", "query Colour { cat { colour } }"),
    document("Age", 'query Age { cat { age(unit: "y") @live(rate: 1) } }'),
    document("Wishing", "query Wishing($wish: Wish) { cat(wish: $wish) { __typename } }"),
    document("Red", "query Red { cat(wish: {colour: RED}) { __typename } }"),
    document("Dog", "query Dog { pet { ... on Dog { name } } }"),
]


def after(old: str, new: str) -> SchemaComparison:
    changed = SDL.replace(old, new)
    assert changed != SDL
    return compare_schemas(build_schema(SDL), build_schema(changed), DOCUMENTS)


@pytest.mark.parametrize(
    ("old", "new", "description", "broken"),
    [
        ("colour: Colour! age", "age", "Field Cat.colour was removed.", ["Colour"]),
        (
            "colour: Colour! age",
            "colour: Colour age",
            "Field Cat.colour changed type from Colour! to Colour.",
            ["Colour"],
        ),
        ("age(unit: String)", "age", "Argument Cat.age(unit:) was removed.", ["Age"]),
        (
            "age(unit: String)",
            "age(unit: String, to: Int!)",
            "A required argument Cat.age(to:) was added.",
            ["Age"],
        ),
        ("RED GREEN", "GREEN", "Enum value Colour.RED was removed.", ["Wishing", "Red"]),
        ("text: String", "other: String", "Field Inner.text was removed.", ["Wishing"]),
        (
            "input Wish { colour: Colour,",
            "input Wish { colour: Colour, size: Int!",
            "A required field Wish.size was added.",
            ["Wishing", "Red"],
        ),
        ("Cat | Dog", "Cat", "Dog was removed from union type Pet.", ["Dog"]),
        ("rate: Int", "pace: Int", "Argument @live(rate:) was removed.", ["Age"]),
    ],
)
def test_a_breaking_change_breaks_those_that_use_it(
    old: str, new: str, description: str, broken: list[str]
) -> None:
    comparison = after(old, new)
    (change,) = (one for one in comparison.breaking if one.description == description)
    assert [one.name for one in change.documents] == broken
    assert [one.name for one in comparison.broken_documents] == broken
    assert comparison.broken == ()


def test_a_value_that_is_added_may_matter_to_whoever_reads_it() -> None:
    comparison = after("RED GREEN", "RED GREEN BLUE")
    (change,) = comparison.changes
    assert (change.is_breaking, change.description) == (False, "Enum value Colour.BLUE was added.")
    assert [one.name for one in change.documents] == ["Colour", "Wishing", "Red"]
    assert comparison.broken_documents == []


def test_what_was_not_valid_before_is_broken_all_the_same() -> None:
    core = build_schema(SDL)
    old = replace(DOCUMENTS[0], name="Old", text="query Old { cow { name } }")
    comparison = compare_schemas(core, core, [*DOCUMENTS, old])
    assert comparison.changes == ()
    assert [(one.document.name, one.reason) for one in comparison.broken] == [
        ("Old", "Cannot query field 'cow' on type 'Query'. Did you mean 'cat'?")
    ]


def test_nothing_is_said_where_nothing_changes() -> None:
    core = build_schema(SDL)
    assert compare_schemas(core, core, DOCUMENTS) == SchemaComparison((), ())
