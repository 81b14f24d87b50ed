"""Validates documents with graphql-core, and leaves no circular references behind.

Its rules refer to themselves, to the document and to everything they have compared: tens of
thousands of objects that only the garbage collector could free, while all threads wait.
"""

from collections.abc import Callable
from typing import TypeAlias, cast

from graphql import DocumentNode, GraphQLError, GraphQLSchema, specified_rules, validate
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
