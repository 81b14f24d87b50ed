"""Covering arrays: few rows that contain every pair of values.

A greedy algorithm after "The AETG system" (Cohen, Dalal, Fredman and Patton, 1997), made
deterministic: the same factors give the same rows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import TypeAlias

Combination: TypeAlias = dict[str, str]
Pair: TypeAlias = frozenset[tuple[str, str]]
"""One or two factors, each with a value."""


def covering_rows(
    factors: Mapping[str, Sequence[str]],
    is_allowed: Callable[[Combination], bool] = lambda _row: True,
    *,
    strength: int = 2,
) -> list[Combination]:
    """Rows that contain each pair of values, or each single value with a `strength` of 1.

    `is_allowed` also receives incomplete rows. Pairs that occur only in rows that are not allowed
    are left out. The first row has the first value of each factor, if allowed.
    """
    left = dict.fromkeys(_pairs(factors, min(strength, len(factors))))
    rows: list[Combination] = []
    first = _completed({}, factors, {}, is_allowed)
    if first is not None:
        _strike(left, first, strength)
        rows.append(first)
    while left:
        wanted = next(iter(left))
        row = _completed(dict(wanted), factors, left, is_allowed)
        if row is None:
            del left[wanted]
            continue
        _strike(left, row, strength)
        rows.append(row)
    return rows


def _pairs(factors: Mapping[str, Sequence[str]], strength: int) -> Iterator[Pair]:
    for names in combinations(factors, strength):
        for values in product(*(factors[name] for name in names)):
            yield frozenset(zip(names, values, strict=True))


def _strike(left: dict[Pair, None], row: Combination, strength: int) -> None:
    for items in combinations(row.items(), min(strength, len(row))):
        left.pop(frozenset(items), None)


def _completed(
    row: Combination,
    factors: Mapping[str, Sequence[str]],
    left: Mapping[Pair, None],
    is_allowed: Callable[[Combination], bool],
) -> Combination | None:
    """Complete a row with the values that cover most pairs; None if no row is allowed."""
    if not is_allowed(row):
        return None
    name = next((one for one in factors if one not in row), None)
    if name is None:
        return {one: row[one] for one in factors}

    def gain(value: str) -> int:
        single = frozenset([(name, value)]) in left
        return single + sum(frozenset([(name, value), item]) in left for item in row.items())

    for value in sorted(factors[name], key=gain, reverse=True):
        completed = _completed(row | {name: value}, factors, left, is_allowed)
        if completed is not None:
            return completed
    return None
