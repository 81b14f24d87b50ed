"""The tools as agents see them: each a trusted document, with its variables and its budget."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TypeAlias
from unicodedata import category

import orjson
from graphql import GraphQLSchema
from mcp.types import Tool, ToolAnnotations

from gql.documents.operation import Operation
from gql.documents.registry.answer_schema import answer_schema
from gql.documents.registry.variables_schema import JsonSchema, variables_schema
from services.documents.records import RegisteredDocument, ToolLimits

DRY_RUN, BUDGET = "guidance-api/dryRun", "guidance-api/budget"
"""Keys in `_meta`: of a call that is only to be estimated, and of a tool's limits."""
LARGEST_OUTPUT_SCHEMA_BYTES = 16_000
"""An agent has to read it, whenever it lists the tools."""
LONGEST_DESCRIPTION = 2_000
"""In characters; what a client publishes may be longer."""
_DRY_RUN_SENTENCE = (
    f"A call with `{DRY_RUN}: true` in its `_meta` runs nothing: it checks the arguments, and "
    "tells what the call would cost and what is left of the day."
)
_IDEMPOTENCY = "idempotencyKey"
Operations: TypeAlias = Callable[[], Mapping[str, Operation]]
"""Gives the operations that are tools now, by name."""


class ToolCatalogue:
    """Describes the tools, each anew only when its document has changed."""

    def __init__(self, schema: GraphQLSchema, operations: Operations) -> None:
        self._schema = schema
        self._operations = operations
        self._described: Mapping[str, Operation] | None = None
        self._tools: dict[str, Tool] = {}
        self._documents: dict[str, RegisteredDocument | None] = {}

    @property
    def tools(self) -> Mapping[str, Tool]:
        """All tools by name, in alphabetical order."""
        operations = self._operations()
        if operations is not self._described:
            documents, known = self._documents, self._tools
            self._tools = {
                name: known[name]
                if name in known and documents[name] == operation.document
                else self._tool(name, operation)
                for name, operation in sorted(operations.items())
            }
            self._documents = {name: one.document for name, one in operations.items()}
            self._described = operations
        return self._tools

    def operation(self, name: str) -> Operation | None:
        """The operation of a tool; None if there is no such tool any more."""
        return self._operations().get(name)

    def _tool(self, name: str, operation: Operation) -> Tool:
        limits = limits_of(operation)
        schema = variables_schema(self._schema, operation.definition)
        is_query = operation.kind == "query"
        return Tool(
            name=name,
            description=f"{_description(operation)}\n\n{_budget_sentence(limits)}",
            input_schema=schema,
            output_schema=self._output_schema(operation),
            annotations=ToolAnnotations(
                title=operation.name,
                read_only_hint=is_query,
                destructive_hint=not is_query,
                idempotent_hint=is_query or _is_idempotent(schema),
                open_world_hint=False,
            ),
            meta={
                BUDGET: asdict(limits),
                DRY_RUN: _DRY_RUN_SENTENCE,
            },
        )

    def _output_schema(self, operation: Operation) -> JsonSchema | None:
        """What every answer keeps to; none of an operation that asks for very many fields."""
        schema = answer_schema(self._schema, operation.definition, operation.fragment_definitions)
        return schema if len(orjson.dumps(schema)) <= LARGEST_OUTPUT_SCHEMA_BYTES else None


def limits_of(operation: Operation) -> ToolLimits:
    """The limits of an operation that is a tool."""
    document = operation.document
    if document is None or document.tool is None:
        raise ValueError(f"{operation.label} is no tool")
    return document.tool


def _description(operation: Operation) -> str:
    """What the publisher wrote above the operation, else what it reads or does."""
    written = operation.definition.description
    if written is not None and (text := shown(written.value, LONGEST_DESCRIPTION)):
        return text
    fields = ", ".join(dict.fromkeys(one.name for one in operation.cost.fields))
    return f"The {operation.kind} {operation.name}" + (f", of {fields}." if fields else ".")


def shown(text: str, longest: int) -> str:
    """A text of somebody else's as a description: without controls, and no longer than this."""
    plain = "".join(one for one in text if one in "\n\t" or category(one)[0] != "C").strip()
    plain = re.sub(r"\n{3,}", "\n\n", plain)
    return plain if len(plain) <= longest else f"{plain[: longest - 1].rstrip()}…"


def _budget_sentence(limits: ToolLimits) -> str:
    return (
        f"Budget: a call may cost {limits.cost_per_call:,} units, answer {limits.bytes_per_call:,} "
        f"bytes and take {limits.ms_per_call / 1000:g} s; your calls of a UTC day together "
        f"{limits.cost_per_day:,} units, {limits.bytes_per_day:,} bytes and "
        f"{limits.ms_per_day / 1000:g} s. A call that would exceed it is refused before it runs."
    )


def _is_idempotent(schema: JsonSchema) -> bool:
    """Whether repeating a mutation with the same arguments changes nothing more: it has a key."""
    objects = (schema, *schema.get("$defs", {}).values())
    return any(_IDEMPOTENCY in one.get("required", ()) for one in objects)
