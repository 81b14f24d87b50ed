"""Texts known by what is left of them without their values, before anything is parsed."""

import pytest

from gql.build import core_schema
from gql.documents.document_cache import DocumentCache
from gql.documents.registry.normalization import normalize_document
from gql.documents.registry.skeleton import MAX_TEXT_LENGTH, has_free_text, skeleton
from gql.documents.validation.limits import Limits

CORE = core_schema()
PREPARATION = DocumentCache(
    CORE, limits=Limits(tokens=2_000, depth=15, aliases=100), allows_introspection=False
)


@pytest.mark.parametrize(
    "text",
    [
        'query A { node(id: "a) { b # c") { id } }',
        'query A { node(id: """ \\""" " ) """) { id } } # } and "more',
        "query A($id: ID! = 7) { node(id: $id) { ... @include(if: true) { id } } }",
        """query A { viewer { ...F ...E, conversations(first: 3) { pageInfo { hasNextPage } } } }
        fragment F on User { email } fragment E on User { id }""",
        'mutation A { archiveConversation(input: {conversationId: "x"}) { userErrors { code } } }',
        'query A { nodes(ids: ["a", "b", 7]) { id } }',
    ],
)
def test_a_text_has_the_skeleton_of_its_shape(text: str) -> None:
    shape = normalize_document(CORE, PREPARATION.operation(text, None))
    assert skeleton(text) == skeleton(shape.text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("query A { plans { code } }", "query B { plans { code } }"),
        ("query A { plans { code } }", "query A { plans { code currency } }"),
        ("query A { plans { code } }", "{ plans { code } }"),
        ("query A { plans { code } }", "query A { plans { code } } query B { plans { code } }"),
    ],
)
def test_other_selections_have_another(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


def test_a_long_text_has_none() -> None:
    assert skeleton("x" * MAX_TEXT_LENGTH) == "x" * MAX_TEXT_LENGTH
    assert skeleton("x" * (MAX_TEXT_LENGTH + 1)) is None


@pytest.mark.parametrize("piece", ['"\\', '"', "(", '"""\\', '"""a"', "()"])
def test_what_does_not_end_is_read_once(piece: str) -> None:
    assert skeleton((piece * MAX_TEXT_LENGTH)[:MAX_TEXT_LENGTH]) is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('query A($id: ID!) { node(id: $id) { id ... @defer(label: "later") { id } } }', False),
        ("{ viewer { conversations(first: 3, status: ACTIVE) { totalCount } } }", False),
        ('{ node(id: "TWVzc2FnZTox") { id } }', True),
        ('query A($id: ID! = "TWVzc2FnZTox") { node(id: $id) { id } }', True),
        ('mutation { sendMessage(input: {content: """I am Ada"""}) { reply { id } } }', True),
        ("{ plans { code } } # Ada", True),
        ('{ ... @defer(label: "a") { node(label: $a, id: "Ada") { id } } }', True),
        ('{ a @defer(label: "\\" label: "Ada"") }', True),
        ('{ node(mylabel: "Ada") { id } }', True),
    ],
)
def test_strings_and_comments_may_say_something_of_somebody(text: str, *, expected: bool) -> None:
    assert has_free_text(text) is expected
