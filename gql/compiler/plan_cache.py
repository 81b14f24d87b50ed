"""Caches the plans of operations: one for each set of values that decides what is included."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from copy import copy
from typing import Self, TypeAlias

from cachetools import LRUCache
from graphql import (
    BooleanValueNode,
    DirectiveNode,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues

from gql.compiler.codegen.context import CodegenContext
from gql.compiler.identifiers import NotCompiled
from gql.compiler.plan import ExecutionPlan, compile_operation
from gql.compiler.resolution.input_coercion import NotCoerced, VariableCoercion

MAX_VARIANTS = 8
"""How many plans an operation may have; further combinations of conditions run without one."""
MAX_OPERATIONS = 200
"""How many operations are in the cache of those that come without their plans."""
_Fragments: TypeAlias = dict[str, FragmentDetails]
Compile: TypeAlias = Callable[[Callable[[], None]], bool]
"""Calls the function that compiles, now or later; returns False if it never will."""
_OF_THE_EDGE = frozenset({"cacheControl"})
"""Directives that change nothing of how an operation is executed."""
_NO_VALUES = VariableValues({}, {})


def compile_now(compile_: Callable[[], None]) -> bool:
    """Compile at once, while the request waits."""
    compile_()
    return True


class OperationPlans:
    """The plans of one operation of a valid document, compiled when they are needed.

    Unless it `is_long_lived`, an operation is compiled at its second run: most that are written by
    hand, and all hostile ones, never run again.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: _Fragments,
        *,
        is_long_lived: bool = False,
        fragment_directives: Iterable[DirectiveNode] | None = None,
        compile_: Compile = compile_now,
    ) -> None:
        """`fragment_directives` saves finding them again for each operation of a document."""
        self._schema = schema
        self._operation = operation
        self._fragments = fragments
        if fragment_directives is None:
            fragment_directives = directives(one.definition for one in fragments.values())
        self._conditions = (
            None
            if any(one.variable_signatures for one in fragments.values())
            else _conditions((*directives([operation]), *fragment_directives))
        )
        self._compile = compile_
        self._plans: dict[tuple[object, ...], ExecutionPlan | None] = {}
        self._is_wanted = is_long_lived
        self._coercion: VariableCoercion | None = None
        self._has_coercion = False

    @property
    def coercion(self) -> VariableCoercion | None:
        """Coerces the variables; None if graphql-core has to do it."""
        if self._has_coercion or not self._is_wanted:
            return self._coercion
        self._has_coercion = True
        with suppress(NotCoerced):
            definitions = self._operation.variable_definitions or ()
            self._coercion = VariableCoercion(self._schema, definitions)
        return self._coercion

    def plan(self, variables: VariableValues) -> ExecutionPlan | None:
        """The plan for these variables; None if graphql-core has to run the operation."""
        if self._conditions is None:
            return None
        variant: tuple[object, ...] = ()
        if self._conditions:
            variant = tuple(map(variables.coerced.get, self._conditions))
            if not all(type(value) is bool for value in variant):
                return None
        if variant in self._plans:
            return self._plans[variant]
        if self._is_wanted and len(self._plans) < MAX_VARIANTS:
            return self._compiled_or_later(variant, variables)
        self._is_wanted = True
        return None

    def _compiled_or_later(
        self, variant: tuple[object, ...], variables: VariableValues
    ) -> ExecutionPlan | None:
        def compile_() -> None:
            self._plans[variant] = self._compiled(variables)

        # Until it is compiled, operations run without it.
        self._plans[variant] = None
        if not self._compile(compile_):
            del self._plans[variant]
        return self._plans.get(variant)

    def compiled_by(self, compile_: Compile) -> Self:
        """These plans and, when more are needed, others that `compile_` compiles."""
        others = copy(self)
        others._compile, others._plans = compile_, dict(self._plans)  # noqa: SLF001 - a copy
        return others

    def compile_unconditional(self) -> None:
        """Compile now, if no variable decides what is included; may run in another thread."""
        if self._conditions == ():
            self._plans[()] = self._compiled(_NO_VALUES)

    def _compiled(self, variables: VariableValues) -> ExecutionPlan | None:
        context = CodegenContext(self._schema, self._operation, self._fragments, variables)
        try:
            return compile_operation(context)
        except NotCompiled:
            return None


class PlanCache:
    """Has the plans of operations that come without them, for the most recently run ones."""

    def __init__(self) -> None:
        self._cached = LRUCache[tuple[int, ...], tuple[object, OperationPlans]](MAX_OPERATIONS)

    def plans(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: _Fragments
    ) -> OperationPlans:
        """The plans of the operation, by the identity of its definitions."""
        key = id(schema), id(operation), *(id(one.definition) for one in fragments.values())
        cached = self._cached.get(key)
        if cached is None:
            plans = OperationPlans(schema, operation, fragments)
            # The objects whose ids are in the key must stay alive.
            cached = self._cached[key] = (list(fragments.values()), plans)
        return cached[1]


def directives(nodes: Iterable[Node]) -> list[DirectiveNode]:
    """Every directive within the nodes."""
    finder = _Directives()
    for node in nodes:
        visit(node, finder)
    return finder.found


def _conditions(found: Iterable[DirectiveNode]) -> tuple[str, ...] | None:
    """The variables that decide what is included; None if there are other directives."""
    names: dict[str, None] = {}
    for directive in found:
        if directive.name.value in _OF_THE_EDGE:
            continue
        condition = next(_condition(directive), None)
        if condition is None:
            return None
        if isinstance(condition, VariableNode):
            names[condition.name.value] = None
    return tuple(names)


def _condition(directive: DirectiveNode) -> Iterator[VariableNode | BooleanValueNode]:
    if directive.name.value in {"include", "skip"}:
        for argument in directive.arguments or ():
            if isinstance(argument.value, VariableNode | BooleanValueNode):
                yield argument.value


class _Directives(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[DirectiveNode] = []

    def enter_directive(self, node: DirectiveNode, *_args: object) -> None:
        self.found.append(node)
