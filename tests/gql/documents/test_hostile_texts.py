"""Hostile texts: what is reported of them, and how little is done, in calls and not in time."""

import gc
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from graphql import GraphQLError, execute_sync, get_introspection_query, parse

from gql.build import core_schema
from gql.documents.document_cache import DocumentCache
from gql.documents.operation import RequestRefused
from gql.documents.validation.error_formatting import MAX_ERRORS, MAX_MESSAGE_LENGTH, formatted
from gql.documents.validation.limits import Limits
from gql.documents.validation.parsing import MAX_NAME_LENGTH
from gql.runtime.execution import coerce_variables

CORE = core_schema()
LIMITS = Limits(tokens=2_000, depth=15, aliases=100)
LIMIT, VALIDATION, PARSE = (
    "OPERATION_LIMIT_EXCEEDED",
    "GRAPHQL_VALIDATION_FAILED",
    "GRAPHQL_PARSE_FAILED",
)
UNKNOWN_FIELDS = "{" + " ".join(f"planz{number}" for number in range(400)) + "}"
TOO_MANY = "Too many validation errors, error limit reached. Validation aborted."
SAME_AGAIN = "{ __schema {" + " types { name }" * 480 + "} }"
MANY = " ".join(f"query Q{n} {{ ...F }}" for n in range(150))
UNNAMED = "OPERATION_RESOLUTION_FAILURE"
ROOTS = "{" + " ".join(f"a{n}: __schema {{ types {{ name }} }}" for n in range(49)) + "}"


def document_cache(*, allows_introspection: bool = True) -> DocumentCache:
    return DocumentCache(CORE, limits=LIMITS, allows_introspection=allows_introspection)


def refused(text: str, *, allows_introspection: bool = True) -> tuple[str, list[Any]]:
    """The code of the refusal, and its errors as a client has them."""
    with pytest.raises(RequestRefused) as refusal:
        document_cache(allows_introspection=allows_introspection).operation(text, None)
    return refusal.value.code, [formatted(error) for error in refusal.value.errors]


def counted(work: Callable[[], object]) -> Counter[str]:
    """The calls that the work makes: `all` of Python's functions, and those of C by name."""
    calls: Counter[str] = Counter()

    # Any: a profiler is given whatever the event is about.
    def note(_frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            calls["all"] += 1
        elif event == "c_call":
            calls[argument.__name__] += 1

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def test_no_line_is_looked_for_whatever_the_number_of_lines() -> None:
    code, errors = refused("\n" * 125_000 + UNKNOWN_FIELDS)
    assert (code, len(errors)) == (VALIDATION, MAX_ERRORS + 1)
    assert errors[0]["message"].startswith("Cannot query field 'planz0' on type 'Query'.")
    assert errors[0]["locations"] == [{"line": 125_001, "column": 2}]
    assert errors[1]["locations"] == [{"line": 125_001, "column": 9}]
    assert errors[-1] == {"message": TOO_MANY}
    calls = counted(lambda: refused("\n" * 125_000 + UNKNOWN_FIELDS))
    assert calls["finditer"] == 0
    few = counted(lambda: refused(UNKNOWN_FIELDS))
    assert abs(calls["all"] - few["all"]) < 1_000


@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n"])
def test_lines_are_counted_as_the_specification_has_them(newline: str) -> None:
    text = f'{{{newline} plans {{ code }} # "{newline}  {newline}\tnothing }}'
    _, (error,) = refused(text)
    assert error["locations"] == [{"line": 4, "column": 2}]


def test_an_error_about_many_places_looks_for_none() -> None:
    text = "\n" * 125_000 + "{ plans { code } } " + "query A { plans { code } } " * 60
    code, errors = refused(text)
    assert (code, len(errors)) == (VALIDATION, MAX_ERRORS + 1)
    assert counted(lambda: refused(text))["finditer"] == 0


def test_variables_that_do_not_fit() -> None:
    names = [f"v{number}" for number in range(100)]
    text = (
        "\n" * 125_000
        + f"query ({' '.join(f'${name}: ID!' for name in names)}) {{"
        + " ".join(f"a{name}: node(id: ${name}) {{ id }}" for name in names)
        + "}"
    )
    operation = document_cache().operation(text, None)
    values = {name: {"x": "y" * 5_000} for name in names}

    def misfit() -> list[GraphQLError]:
        with pytest.raises(RequestRefused) as refusal:
            coerce_variables(CORE, operation, values)
        return list(refusal.value.errors)

    errors = [formatted(error) for error in misfit()]
    assert len(errors) == MAX_ERRORS + 1
    assert errors[0]["locations"] == [{"line": 125_001, "column": 8}]
    assert errors[-1]["message"] == (
        "Too many errors processing variables, error limit reached. Execution aborted."
    )
    assert counted(misfit)["finditer"] == 0


def test_what_errors_repeat_is_clipped() -> None:
    word = "X" * 100_000
    _, errors = refused(f"{{ node(id: {word}) {{ id }} }}")
    assert [len(error["message"]) for error in errors] == [MAX_MESSAGE_LENGTH]
    status = (
        "query ($s: ConversationStatus) { viewer { conversations(status: $s) { __typename } } }"
    )
    operation = document_cache().operation(status, None)
    with pytest.raises(RequestRefused) as refusal:
        coerce_variables(CORE, operation, {"s": word})
    (error,) = refusal.value.errors
    assert len(formatted(error)["message"]) == MAX_MESSAGE_LENGTH


@pytest.mark.parametrize("place", ["{ %s: plans { code } }", "query %s { plans { code } }"])
def test_a_name_is_only_so_long(place: str) -> None:
    assert document_cache().operation(place % ("a" * MAX_NAME_LENGTH), None)
    code, (error,) = refused(place % ("a" * (MAX_NAME_LENGTH + 1)))
    assert code == LIMIT
    assert error["extensions"] == {"count": MAX_NAME_LENGTH + 1, "maximum": MAX_NAME_LENGTH}
    assert error["message"] == "A name has 256 characters; at most 255 are served."


def test_comments_count() -> None:
    served = "#\n" * LIMITS.tokens + "{ plans { code } }"
    assert document_cache().operation(served, None)
    code, (error,) = refused("#\n" * 80_000 + "{ plans { code } }")
    assert code == PARSE
    assert error["message"] == (
        "Syntax Error: Document contains more than 2000 comments. Parsing aborted."
    )
    calls = counted(lambda: refused("#\n" * 80_000 + "{ plans { code } }"))
    assert calls["all"] < 10 * LIMITS.tokens


def test_what_is_introspected_is_merged_within_the_same_bound() -> None:
    code, (error,) = refused(SAME_AGAIN)
    assert (code, error["message"]) == (LIMIT, "The document selects the same fields too often.")
    fragment = f"{{ ...F }} fragment F on Query {SAME_AGAIN}"
    assert refused(fragment)[0] == LIMIT
    deep = "{ __schema { types { ...F } } } fragment F on __Type { ofType { ...F } }"
    assert refused(deep)[0] == LIMIT


@pytest.mark.parametrize(
    "text",
    [
        SAME_AGAIN,
        "{ a: __schema { nothing } }",
        '{ ...F } fragment F on Query { ... on Query { t: __type(name: "User") { name } } }',
        "query A { plans { code } } query B { __schema { nothing } }",
    ],
)
def test_where_introspection_is_off_it_is_refused_before_it_is_looked_at(text: str) -> None:
    code, (error,) = refused(text, allows_introspection=False)
    assert code == VALIDATION
    assert error["message"].startswith("GraphQL introspection has been disabled, but")
    assert counted(lambda: refused(text, allows_introspection=False))["validate"] == 0


# Any: JSON.
def objects(value: Any) -> int:
    """How many objects there are in an answer."""
    if isinstance(value, dict):
        return 1 + sum(map(objects, value.values()))
    return sum(map(objects, value)) if isinstance(value, list) else 0


@pytest.mark.parametrize(
    "text",
    [
        get_introspection_query(),
        "{ __schema { types { fields(includeDeprecated: true) { type { name } } } } }",
        '{ __type(name: "Conversation") { fields { args { type { ofType { name } } } } } }',
        '{ __type(name: "Nothing") { fields { name } } }',
        "{ __schema { types { possibleTypes { name } enumValues { name } } } __typename }",
        """{ a: __schema { ...S } b: __schema { ...S } }
        fragment S on __Schema { types { name } types { inputFields { name } } }""",
        ROOTS,
    ],
)
def test_introspection_costs_the_objects_that_it_answers_with(text: str) -> None:
    result = execute_sync(CORE, parse(text))
    assert result.errors is None
    operation = document_cache().operation(text, None)
    assert operation.cost.is_introspection
    assert operation.cost.of({}) == max(1, objects(result.data) - 1)
    assert not operation.uses_incremental_delivery


def test_a_type_that_a_variable_names_costs_as_the_largest() -> None:
    text = "query ($name: String!) { __type(name: $name) { fields { name } } }"
    most = max(len(getattr(one, "fields", ())) for one in CORE.type_map.values())
    assert document_cache().operation(text, None).cost.of({"name": "Plan"}) == 1 + most


def test_much_of_the_schema_beside_anything_else() -> None:
    little = "{ plans { code } __schema { queryType { name } } }"
    operation = document_cache().operation(little, None)
    assert not operation.cost.is_introspection
    code, (error,) = refused("{ plans { code } __schema { types { fields { name } } } }")
    assert code == LIMIT
    assert error["message"] == "So much of the schema is served to an operation of its own."


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{MANY} fragment F on Query {{ plans {{{' code' * 30}}} }}", UNNAMED),
        (f"{MANY} fragment F on Query {{ node(id: [{'1 ' * 900}]) {{ id }} }}", VALIDATION),
        ("{" + " ".join(f"...F{n}" for n in range(450)) + "}", VALIDATION),
        ("{ plans { code } }" + " fragment F on Planx { id }" * 190, VALIDATION),
        (
            "query (" + " ".join(f"$v{n}: Int" for n in range(380)) + ") { plans { code } }",
            VALIDATION,
        ),
        ("{ node(id: " + "[" * 190 + "]" * 190 + ") { id } }", VALIDATION),
        ("{ node(id: " + "{a:" * 195 + "1" + "}" * 195 + ") { id } }", VALIDATION),
        ('{ node(id: """' + "a\n " * 80_000 + '""", b: 1) { id } }', VALIDATION),
        ('{ node(id: "' + "\\u0041" * 40_000 + '", b: 1) { id } }', VALIDATION),
        ("{" + "," * 250_000 + "x }", VALIDATION),
    ],
)
def test_siblings(text: str, code: str) -> None:
    """Calls are those of 2,000 tokens, and a few for each line of a block string."""
    assert refused(text)[0] == code
    assert counted(lambda: refused(text))["all"] < 400_000


@pytest.mark.parametrize(
    "text", [ROOTS, SAME_AGAIN, "{" + " ".join(f"a{n}: plans {{ code }}" for n in range(95)) + "}"]
)
def test_hardly_anything_of_a_text_is_left_to_the_collector(text: str) -> None:
    prepared = document_cache().prepare
    prepared(text)
    gc.collect()
    gc.disable()
    try:
        prepared(text)
        assert gc.collect() < 1_000
    finally:
        gc.enable()
