"""Reads `budgets.toml` strictly; a mistake in one budget does not affect the others."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, replace
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from gql.documents.budgets.budget import Budget, ImpossibleVariant, VariantBudget
from gql.documents.budgets.protections import Protection
from gql.documents.budgets.variants import VariantPattern

EVERY = "every"
"""The name of the table that applies to every document."""
# Any: TOML.
Table: TypeAlias = dict[str, Any]
_TABLES = frozenset({"accepts", "refused", "variants", "impossible"})
NUMBERS = tuple(one.name for one in fields(Budget) if one.name not in _TABLES)
OPTIONAL = frozenset(
    one.name
    for one in fields(Budget)
    if one.default is not MISSING or one.default_factory is not MISSING
)
"""Fields that a table may leave out."""
_LONE = "these are a document or a budget (`guidance perf calls --agree` begins one), and not both"
_REQUIRED = frozenset(one.name for one in fields(Budget)) - OPTIONAL
_OF_EACH_ROW = "_per_row"
# A deadline starts before the variant is known.
_OF_VARIANTS = frozenset(NUMBERS) - {"deadline_ms"}


class BudgetsInvalid(Exception):
    """A document without a budget, a budget without a document, or a budget that is not valid."""


def read_tables(path: Path) -> Table:
    """The contents of the file; raises `BudgetsInvalid` if it cannot be read."""
    try:
        return tomllib.loads(path.read_bytes().decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BudgetsInvalid(f"{path.name} cannot be read: {error}") from None


def budgets_of(tables: Table, names: Sequence[str]) -> tuple[dict[str, Budget], list[str]]:
    """The valid budgets of the documents with these names, and the problems of the others.

    Raises `BudgetsInvalid` if the table that applies to every document is not valid.
    """
    tables = dict(tables)
    every = _every(tables.pop(EVERY, {}))
    lone = ", ".join(sorted(set(names) ^ tables.keys()))
    problems = [f"{_LONE}: {lone}"] if lone else []
    budgets: dict[str, Budget] = {}
    for name in names:
        try:
            if name in tables:
                budgets[name] = _budget(name, tables[name], every)
        except BudgetsInvalid as error:
            problems.append(str(error))
    return budgets, problems


def _every(table: object) -> list[ImpossibleVariant]:
    if not isinstance(table, dict) or not table.keys() <= {"impossible"}:
        raise BudgetsInvalid(f"the table {EVERY} has more than what is impossible")
    return [
        replace(_impossible_variant(EVERY, one), applies_to_every_document=True)
        for one in _list(EVERY, table, "impossible")
    ]


def _budget(name: str, table: object, every: Sequence[ImpossibleVariant]) -> Budget:
    given = table.keys() if isinstance(table, dict) else set()
    wrong = (_REQUIRED - given) | (given - _REQUIRED - OPTIONAL)
    if wrong or not isinstance(table, dict):
        named = ", ".join(sorted(wrong))
        raise BudgetsInvalid(f"the budget of {name} lacks, or has too much: {named}")
    numbers = _numbers(name, {key: value for key, value in table.items() if key not in _TABLES})
    if not 0 < numbers["p95_ms"] <= numbers["p99_ms"] <= numbers["deadline_ms"]:
        raise BudgetsInvalid(f"the budget of {name} has numbers that cannot be")
    try:
        accepts = frozenset(map(Protection, table["accepts"]))
    except (TypeError, ValueError) as error:
        raise BudgetsInvalid(f"the budget of {name}: {error}") from None
    # Any: the table may leave out numbers that are counted on some machines only.
    given_numbers: Any = numbers
    return Budget(
        **given_numbers,
        accepts=accepts,
        refused=MappingProxyType(_refused(name, table)),
        variants=tuple(_variant(name, one) for one in _list(name, table, "variants")),
        impossible=(
            *every,
            *(_impossible_variant(name, one) for one in _list(name, table, "impossible")),
        ),
    )


def _variant(name: str, table: Table) -> VariantBudget:
    numbers = {key: value for key, value in table.items() if key not in {"where", "refused"}}
    if not numbers.keys() <= _OF_VARIANTS or not (numbers or "refused" in table):
        wrong = ", ".join(sorted(numbers.keys() - _OF_VARIANTS)) or "nothing"
        raise BudgetsInvalid(f"a variant of {name} has {wrong}, and no number that may differ")
    refused = MappingProxyType(_refused(name, table))
    return VariantBudget(_where(name, table), MappingProxyType(_numbers(name, numbers)), refused)


def _impossible_variant(name: str, table: Table) -> ImpossibleVariant:
    reason = table.get("reason")
    if table.keys() != {"where", "reason"} or not isinstance(reason, str) or not reason.strip():
        raise BudgetsInvalid(f"what is impossible of {name} has a where and a reason, and no more")
    return ImpossibleVariant(_where(name, table), reason)


def _where(name: str, table: Table) -> VariantPattern:
    where = table.get("where")
    if not isinstance(where, dict) or not where:
        raise BudgetsInvalid(f"a variant of {name} does not say where it is")
    choices = {
        key: frozenset([value] if isinstance(value, str) else value)
        for key, value in where.items()
        if isinstance(value, str) or _is_texts(value)
    }
    if choices.keys() != where.keys():
        raise BudgetsInvalid(f"a variant of {name} has a choice that is neither a text nor several")
    return VariantPattern(tuple(choices.items()))


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def _refused(name: str, table: Table) -> dict[str, int]:
    refused = table.get("refused", {})
    if not isinstance(refused, dict):
        raise BudgetsInvalid(f"the budget of {name} has no codes in refused")
    return _numbers(name, refused)


def _list(name: str, table: Table, key: str) -> list[Table]:
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BudgetsInvalid(f"the budget of {name} has no tables in {key}")
    return found


# Any: whole numbers, and fractions where they are per row.
def _numbers(name: str, numbers: Mapping[str, object]) -> dict[str, Any]:
    found = {key: value for key, value in numbers.items() if _is_number(key, value)}
    if found.keys() != numbers.keys():
        raise BudgetsInvalid(f"the budget of {name} has numbers that cannot be")
    return found


def _is_number(name: str, value: object) -> bool:
    """Whether it is a valid number: not negative, and whole unless it is per row."""
    types = (int, float) if name.endswith(_OF_EACH_ROW) else (int,)
    return type(value) in types and isinstance(value, int | float) and 0 <= value < inf
