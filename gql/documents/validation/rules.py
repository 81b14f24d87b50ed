"""Validates documents with graphql-core, and leaves no circular references behind.

Its rules refer to themselves, to the document and to everything they have compared: tens of
thousands of objects that only the garbage collector could free, while all threads wait.
"""

from collections.abc import Callable
from functools import cache
from typing import TypeAlias, cast

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    Visitor,
    specified_rules,
    validate,
)
from graphql.language.ast import QUERY_DOCUMENT_KEYS
from graphql.language.visitor import EnterLeaveVisitor
from graphql.validation import ASTValidationRule, ValidationContext

from gql.documents.validation.error_formatting import MAX_ERRORS

_Rule: TypeAlias = Callable[[ValidationContext], ASTValidationRule]


def validation_errors(
    schema: GraphQLSchema, document: DocumentNode, *, hides_suggestions: bool
) -> list[GraphQLError]:
    """The validation errors of a document, at most `MAX_ERRORS`."""
    created: list[object] = []

    def recording(rule: _Rule) -> _Rule:
        def make(context: ValidationContext) -> ASTValidationRule:
            one = rule(context)
            one.enter_leave_map.update(_ignored_kinds(type(one)))  # type: ignore[arg-type]  # a class is hashable
            created.extend((one, context))
            return one

        return make

    try:
        return validate(
            schema,
            document,
            rules=[cast("type[ASTValidationRule]", recording(rule)) for rule in specified_rules],
            max_errors=MAX_ERRORS,
            hide_suggestions=hides_suggestions,
        )
    finally:
        for one in created:
            vars(one).clear()


@cache
def _ignored_kinds(rule: type[Visitor]) -> dict[str, EnterLeaveVisitor]:
    """The kinds of nodes that a rule does nothing for, as its instances remember them.

    Otherwise each would look for its methods again in every document: a quarter of the time that
    validation takes.
    """
    if hasattr(rule, "enter") or hasattr(rule, "leave"):
        return {}
    nothing = EnterLeaveVisitor(None, None)
    return {
        kind: nothing
        for kind in QUERY_DOCUMENT_KEYS
        if not any(hasattr(rule, name) for name in (f"enter_{kind}", f"leave_{kind}"))
    }
