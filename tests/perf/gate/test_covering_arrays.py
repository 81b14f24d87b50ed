"""Rows that have each pair of values: few, always the same, and none that is not allowed."""

from itertools import combinations, product

from perf.gate.variants.covering_arrays import Combination, covering_rows

FACTORS = {"a": "123", "b": "45", "c": "678", "d": "90", "e": "xyzw"}
PAIRS = {
    frozenset([(one, value), (other, another)])
    for one, other in combinations(FACTORS, 2)
    for value, another in product(FACTORS[one], FACTORS[other])
}


def pairs_in(rows: list[Combination]) -> set[frozenset[tuple[str, str]]]:
    """Each two choices that stand together."""
    return {frozenset(pair) for row in rows for pair in combinations(row.items(), 2)}


def test_each_two_values_stand_together_in_few_rows() -> None:
    rows = covering_rows(FACTORS)
    assert pairs_in(rows) == PAIRS
    assert all(row.keys() == FACTORS.keys() for row in rows)
    # The two largest factors alone need twelve; all there are would be 144.
    assert 12 <= len(rows) <= 16
    assert rows[0] == {"a": "1", "b": "4", "c": "6", "d": "9", "e": "x"}
    assert covering_rows(FACTORS) == rows


def test_each_value_once_takes_as_many_rows_as_the_largest_factor_has() -> None:
    rows = covering_rows(FACTORS, strength=1)
    assert {item for row in rows for item in row.items()} == {
        (name, value) for name, values in FACTORS.items() for value in values
    }
    assert len(rows) == 4


def test_what_is_not_allowed_is_in_no_row_and_all_else_is() -> None:
    def is_allowed(row: Combination) -> bool:
        return not (row.get("a") == "1" and row.get("e") in {"x", "y"})

    rows = covering_rows(FACTORS, is_allowed)
    assert all(is_allowed(row) for row in rows)
    missing = {frozenset([("a", "1"), ("e", "x")]), frozenset([("a", "1"), ("e", "y")])}
    assert pairs_in(rows) == PAIRS - missing


def test_one_factor_and_none() -> None:
    assert covering_rows({"a": "12"}) == [{"a": "1"}, {"a": "2"}]
    assert covering_rows({}) == [{}]
    assert covering_rows({"a": "1"}, lambda row: not row) == []
