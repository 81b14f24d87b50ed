"""Documents that mean harm: refused before they run, and quickly."""

from time import thread_time
from typing import Any

import pytest

from gql.build import core_schema
from gql.documents.document_cache import DocumentCache
from gql.documents.operation import RequestRefused
from gql.documents.validation.limits import Limits
from gql.runtime.execution import coerce_variables

CORE = core_schema()
LIMITS = Limits(tokens=2_000, depth=15, aliases=100)
MOST_COST = 5_000
LIMIT, VALIDATION, PARSE = (
    "OPERATION_LIMIT_EXCEEDED",
    "GRAPHQL_VALIDATION_FAILED",
    "GRAPHQL_PARSE_FAILED",
)


def spreads(count: int) -> str:
    return " ".join(f"...F{number}" for number in range(count))


def nested(depth: int) -> str:
    inner = "id"
    for _ in range(depth):
        inner = f"lastMessage {{ conversation {{ {inner} }} }}"
    return f"{{ viewer {{ conversations {{ edges {{ node {{ {inner} }} }} }} }} }}"


def doubling(levels: int) -> str:
    """Twice as many objects with each level, by fragments that are written once."""
    fragments = " ".join(
        f"fragment F{n} on Conversation {{ a: lastMessage {{ conversation {{ ...F{n + 1} }} }} "
        f"b: lastMessage {{ conversation {{ ...F{n + 1} }} }} }}"
        for n in range(levels)
    )
    last = f"fragment F{levels} on Conversation {{ id }}"
    return f"{{ viewer {{ conversations {{ edges {{ node {{ ...F0 }} }} }} }} }} {fragments} {last}"


HARMFUL = {
    "aliases": ("{" + " ".join(f"a{n}: viewer {{ id }}" for n in range(300)) + "}", LIMIT),
    "aliases of nothing": ("{" + " ".join(f"a{n}: __typename" for n in range(600)) + "}", LIMIT),
    "directives": ("{ __typename" + " @skip(if: false)" * 120 + " }", LIMIT),
    "directives on what is spread": (
        "{" + " ... @skip(if: false) { __typename }" * 120 + "}",
        LIMIT,
    ),
    "directives of variables": (
        "query (" + " ".join(f"$v{n}: Int @a" for n in range(120)) + ") { __typename }",
        LIMIT,
    ),
    "deep": (nested(10), LIMIT),
    "deeper than is parsed": (nested(400), PARSE),
    "deep through fragments": (doubling(20), LIMIT),
    "a fragment in itself": (
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        VALIDATION,
    ),
    "a fragment below itself": (
        """{ viewer { ...A } } fragment A on User { conversations { edges { node { ...B } } } }
        fragment B on Conversation { lastMessage { conversation { ...B } } }""",
        LIMIT,
    ),
    "one field again and again": ("{ viewer {" + " email" * 1_900 + "} }", LIMIT),
    "one object again and again": ("{" + " plans { code }" * 400 + "}", LIMIT),
    "one fragment again and again": (
        "{ viewer {" + " ...F" * 300 + "} } fragment F on User {" + " id email" * 150 + "}",
        LIMIT,
    ),
    "the same in many fragments": (
        f"{{ plans {{ {spreads(150)} }} }} "
        + " ".join(f"fragment F{n} on Plan {{ code currency }}" for n in range(150)),
        LIMIT,
    ),
    "much in the same in many fragments": (
        f"{{ {spreads(40)} }} "
        + " ".join(f"fragment F{n} on Query {{ plans {{{' code' * 38} }} }}" for n in range(40)),
        LIMIT,
    ),
    "more tokens": ("{" + " plans { code }" * 900 + "}", PARSE),
    "a page that is too large": (
        "{ viewer { conversations(first: 1000000000) { edges { cursor } } } }",
        "OPERATION_COST_EXCEEDED",
    ),
}
QUICK_SECONDS = 0.05


# Any: JSON.
def outcome(document: str, variables: dict[str, Any] | None = None) -> str:
    """The code of what becomes of a document that is seen for the first time."""
    document_cache = DocumentCache(CORE, limits=LIMITS, allows_introspection=True)
    try:
        operation = document_cache.operation(document, None)
        values = coerce_variables(CORE, operation, variables)
    except RequestRefused as refusal:
        return refusal.code
    return "OPERATION_COST_EXCEEDED" if operation.cost.of(values.coerced) > MOST_COST else "SERVED"


# Any: JSON.
def quickest(document: str, variables: dict[str, Any] | None = None) -> float:
    """The processor's seconds of the quickest of several times: others use the machine too."""
    taken = []
    for _ in range(10):
        started = thread_time()
        outcome(document, variables)
        taken.append(thread_time() - started)
    return min(taken)


@pytest.mark.heavy
@pytest.mark.parametrize("name", HARMFUL)
def test_what_means_harm_is_refused_quickly(name: str) -> None:
    document, code = HARMFUL[name]
    assert outcome(document) == code
    assert quickest(document) < QUICK_SECONDS


@pytest.mark.parametrize("ids", [["x"] * 10_000, [{}] * 50_000])
def test_a_huge_variable(ids: list[Any]) -> None:
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert outcome(document, {"ids": ids}) == "BAD_USER_INPUT"
    assert quickest(document, {"ids": ids}) < QUICK_SECONDS


@pytest.mark.parametrize(
    "document",
    [
        nested(5),
        doubling(2),
        "{" + " ".join(f"a{n}: plans {{ code }}" for n in range(100)) + "}",
        f"{{ plans {{ {spreads(30)} }} }} "
        + " ".join(f"fragment F{n} on Plan {{ code currency }}" for n in range(30)),
    ],
    ids=["ten levels of objects", "a few ways", "a hundred aliases", "thirty fragments"],
)
def test_what_front_ends_send_is_served(document: str) -> None:
    assert outcome(document) == "SERVED"


def test_introspection_may_be_deep() -> None:
    inner = "name"
    for _ in range(12):
        inner = f"ofType {{ {inner} }}"
    assert outcome(f'{{ __type(name: "User") {{ fields {{ type {{ {inner} }} }} }} }}') == "SERVED"
