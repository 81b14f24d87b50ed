"""What compiled code may contain, how much of it there may be, and when there is none."""

import gc
import tracemalloc
from itertools import product
from typing import Any

import pytest
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    build_schema,
    execute,
    parse,
)
from graphql.execution import Executor

from gql.build import core_schema
from gql.compiler.codegen.context import MAX_FIELDS
from gql.compiler.plan import ExecutionPlan
from gql.compiler.plan_cache import MAX_VARIANTS, OperationPlans
from gql.documents.document_cache import DocumentCache
from gql.documents.validation.limits import Limits
from gql.runtime.execution import begin, coerce_variables, create_executor
from gql.runtime.executor import CompiledExecutor, SourceExecutor
from perf.benchmarks.harness.operations import OPERATIONS

CORE = core_schema()
THINGS = build_schema("""
    type Query { thing(text: String, number: Int): Thing  things: [Thing!]!  name: String }
    type Thing { name: String  size: Int  parts: [Thing!] }
""")
DATA: dict[str, Any] = {
    "thing": {"name": "one", "size": 1, "parts": [{"name": "two", "size": 2}]},
    "things": [],
    "name": "root",
}


def plan_of(
    document: str, variables: dict[str, Any] | None = None, core: GraphQLSchema = THINGS
) -> ExecutionPlan | None:
    executor = CompiledExecutor.build(core, parse(document), DATA, None, variables)
    assert isinstance(executor, CompiledExecutor), executor
    plans = OperationPlans(core, executor.operation, executor.fragments, is_long_lived=True)
    return plans.plan(executor.variable_values)


def text_of(document: str) -> str:
    plan = plan_of(document)
    assert plan is not None
    return plan.text


HOSTILE = (
    "__import__",
    "eval",
    "lambda",
    "None",
    "run",
    "c0",
    "source",
    "answer",
    "__class__",
    "raise_SystemExit",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_of_a_document_is_in_the_code(name: str) -> None:
    document = "query %s { %s: thing { %s: name ...%s } } fragment %s on Thing { x%s: size }"
    hostile = text_of(document.replace("%s", f"{name}_Q"))
    harmless = text_of(document.replace("%s", "another"))
    assert hostile == harmless
    assert f"{name}_Q" not in hostile
    assert execute(
        THINGS,
        parse(document.replace("%s", name)),
        DATA,
        executor_class=CompiledExecutor,
    ) == execute(THINGS, parse(document.replace("%s", name)), DATA)


@pytest.mark.parametrize("text", ['"); import os #', "\\n\\\\", "{0}{run}", "'''"])
def test_no_value_of_a_document_is_in_the_code(text: str) -> None:
    literal = text.replace('"', '\\"')
    document = f'{{ thing(text: "{literal}", number: 123456789) {{ name }} }}'
    code = text_of(document)
    assert "123456789" not in code
    assert code == text_of('{ thing(text: "harmless", number: 1) { name } }')


def test_a_name_of_the_schema_that_is_no_identifier_is_a_constant() -> None:
    thing = GraphQLObjectType("Query", {"class": GraphQLField(GraphQLString)})
    core = GraphQLSchema(thing)
    result = CompiledExecutor.build(core, parse("{ class }"), {"class": "x"})
    assert isinstance(result, CompiledExecutor)
    result.plans = OperationPlans(core, result.operation, {}, is_long_lived=True)
    assert result.execute_operation() == ExecutionResult({"class": "x"}, None)


def conditional(count: int) -> str:
    declared = " ".join(f"$v{number}: Boolean!" for number in range(count))
    fields = " ".join(f"f{number}: name @include(if: $v{number})" for number in range(count))
    return f"query ({declared}) {{ {fields} always: name }}"


def test_the_plans_of_one_operation_are_bounded() -> None:
    document = parse(conditional(6))
    plans: OperationPlans | None = None
    compiled = 0
    for values in product((True, False), repeat=6):
        variables = {f"v{number}": value for number, value in enumerate(values)}
        executor = CompiledExecutor.build(THINGS, document, DATA, None, variables)
        assert isinstance(executor, CompiledExecutor)
        plans = plans or OperationPlans(THINGS, executor.operation, {}, is_long_lived=True)
        executor.plans = plans
        compiled += plans.plan(executor.variable_values) is not None
        expected = {f"f{number}": "root" for number, value in enumerate(values) if value}
        assert executor.execute_operation() == ExecutionResult(expected | {"always": "root"}, None)
    assert compiled == MAX_VARIANTS


def test_an_operation_is_compiled_when_it_comes_again() -> None:
    document = parse("{ name }")
    executor = CompiledExecutor.build(THINGS, document, DATA)
    assert isinstance(executor, CompiledExecutor)
    plans = OperationPlans(THINGS, executor.operation, {})
    assert plans.plan(executor.variable_values) is None
    plan = plans.plan(executor.variable_values)
    assert plan is not None
    assert plans.plan(executor.variable_values) is plan


@pytest.mark.parametrize(
    ("document", "is_compiled"),
    [
        ("{ " + " ".join(f"n{n}: name" for n in range(MAX_FIELDS)) + " }", True),
        ("{ " + " ".join(f"n{n}: name" for n in range(MAX_FIELDS + 1)) + " }", False),
        ("{ thing " + "{ parts " * 9 + "{ name }" + " }" * 9 + " }", True),
        ("{ thing " + "{ parts " * 40 + "{ name }" + " }" * 40 + " }", False),
    ],
    ids=["many fields", "too many fields", "deep", "too deep"],
)
def test_the_code_of_one_operation_is_bounded(document: str, is_compiled: bool) -> None:
    assert (plan_of(document) is not None) is is_compiled
    executor = CompiledExecutor.build(THINGS, parse(document), DATA)
    assert isinstance(executor, Executor)
    result = executor.execute_operation()
    assert isinstance(result, ExecutionResult)
    assert result.errors is None


def test_fragments_that_go_in_circles_are_left_to_graphql_core() -> None:
    document = "{ thing { ...F } } fragment F on Thing { name parts { ...F } }"
    assert plan_of(document) is None


@pytest.mark.parametrize(
    "document",
    [
        "{ __schema { queryType { name } } }",
        "{ name @other }",
        "{ ... @defer { name } }",
        "{ things @stream(initialCount: 1) { name } }",
    ],
)
def test_what_only_graphql_core_executes_is_not_compiled(document: str) -> None:
    assert plan_of(document) is None


def test_an_executor_with_further_options_runs_no_plan() -> None:
    calls: list[str] = []

    def noting(resolve: Any, source: Any, info: Any, **arguments: Any) -> Any:
        calls.append(info.field_name)
        return resolve(source, info, **arguments)

    for _ in range(3):
        execute(
            THINGS, parse("{ name }"), DATA, middleware=[noting], executor_class=CompiledExecutor
        )
    assert calls == ["name"] * 3


def test_without_compiling_graphql_core_executes() -> None:
    limits = Limits(tokens=100, depth=9, aliases=9)
    document_cache = DocumentCache(
        CORE, limits=limits, allows_introspection=True, is_compiled=False
    )
    operation = document_cache.only_operation("{ __typename }")
    context: Any = None
    values = coerce_variables(CORE, operation, None)
    assert operation.plans is None
    assert type(create_executor(CORE, operation, values, context)) is SourceExecutor
    assert begin(CORE, operation, values, context) == ExecutionResult({"__typename": "Query"}, None)


@pytest.mark.parametrize(
    "document", [one.document for one in OPERATIONS], ids=lambda text: text[6:22]
)
def test_a_compiled_document_takes_little_memory(document: str) -> None:
    parsed = parse(document)
    executor = CompiledExecutor.build(CORE, parsed)
    assert isinstance(executor, CompiledExecutor)
    # What is made once a process is made before it is measured.
    assert plan_of(document, core=CORE) is not None
    # Servers of other tests may be at work in this process: what they take is not always there.
    taken = min(_taken(executor) for _ in range(5))
    assert 1_000 < taken < 100_000


def _taken(executor: CompiledExecutor) -> int:
    """The bytes that are there after compiling, and were not before."""
    gc.collect()
    tracemalloc.start()
    plans = OperationPlans(CORE, executor.operation, executor.fragments, is_long_lived=True)
    plan = plans.plan(executor.variable_values)
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert plan is not None
    return taken


def test_errors_are_graphql_cores_own() -> None:
    wide = GraphQLObjectType(
        "Query",
        {"numbers": GraphQLField(GraphQLList(GraphQLInt)), "name": GraphQLField(GraphQLString)},
    )
    core = GraphQLSchema(wide)
    root = {"numbers": [1, "two", None], "name": "x"}
    executor = CompiledExecutor.build(core, parse("{ name numbers }"), root)
    assert isinstance(executor, CompiledExecutor)
    executor.plans = OperationPlans(core, executor.operation, {}, is_long_lived=True)
    result = executor.execute_operation()
    assert isinstance(result, ExecutionResult)
    assert result.data == {"name": "x", "numbers": [1, None, None]}
    (error,) = result.errors or []
    assert isinstance(error, GraphQLError)
    assert error.path == ["numbers", 1]
    assert error.message == "Int cannot represent non-integer value: 'two'"
