"""Statements that differ in their values alone have one fingerprint."""

import pytest

from perf.gate.plans.fingerprint import fingerprint

ONE = "SELECT name FROM t1 WHERE id = ? AND kind = ?"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM t1 WHERE id = $1 AND kind = $2",
        "/* users.by_id op=Hello */ SELECT name\n  FROM t1\n WHERE id = 12  AND kind = 'o''clock'",
        "SELECT name FROM t1 WHERE id = 7.5 AND kind = '7' /* traced */",
    ],
)
def test_values_comments_and_space_do_not_matter(sql: str) -> None:
    assert fingerprint(sql) == ONE


def test_lists_of_any_length_are_one() -> None:
    one, many = (f"SELECT 1 FROM t WHERE id IN ({ids})" for ids in ("1", "$1, $2,$3"))
    assert fingerprint(one) == fingerprint(many) == "SELECT ? FROM t WHERE id IN (?)"


def test_other_tables_and_conditions_are_other_statements() -> None:
    assert fingerprint("SELECT a FROM t1") != fingerprint("SELECT a FROM t2")
