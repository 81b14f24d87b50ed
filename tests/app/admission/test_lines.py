"""Whose turn it is among those who wait."""

from app.admission.lines import Lines


def lines_of(**numbers: int) -> Lines[str]:
    """Lines with so many of each origin."""
    lines: Lines[str] = Lines()
    for origin, number in numbers.items():
        for place in range(number):
            lines.add(origin, f"{origin}{place}")
    return lines


def taken(lines: Lines[str], number: int) -> list[str]:
    """So many, as they are taken."""
    return [str(lines.take_next(lambda _: True)) for _ in range(number)]


def test_nobody_is_next_of_nobody() -> None:
    lines = lines_of()
    assert (lines.count, lines.first(), lines.first_of("a")) == (0, None, None)
    assert lines.take_next(lambda _: True) is None
    assert lines.number_before("a") == 0


def test_one_of_each_line_is_taken_in_turn() -> None:
    lines = lines_of(a=3, b=2, c=1)
    assert taken(lines, 6) == ["a0", "b0", "c0", "a1", "b1", "a2"]
    assert lines.count == 0


def test_a_line_is_new_until_a_quantum_of_it_was_taken() -> None:
    lines = lines_of(a=20)
    taken(lines, 6)
    lines.add("b", "b0")
    lines.add("b", "b1")
    lines.add("c", "c0")
    assert taken(lines, 7) == ["a6", "b0", "a7", "c0", "a8", "b1", "a9"]


def test_every_other_one_is_of_lines_that_are_not_new() -> None:
    lines = lines_of(a=20, b=20)
    taken(lines, 13)
    for number in range(10):
        lines.add(f"new {number}", f"new {number}")
    assert taken(lines, 6) == ["a7", "new 0", "b6", "new 1", "a8", "new 2"]


def test_a_line_that_was_empty_is_new_again() -> None:
    lines = lines_of(a=20)
    taken(lines, 6)
    for number in range(30):
        lines.add("b", f"b{number}")
        assert f"b{number}" in taken(lines, 2)
        lines.add("a", "another")


def test_whoever_is_not_taken_stays_and_others_are_looked_at() -> None:
    lines = lines_of(a=2, b=1)
    assert [lines.take_next(lambda one: one == "b0") for _ in range(3)] == [None, "b0", None]
    assert (lines.count, lines.first()) == (2, "a0")


def test_before_who_comes_are_those_of_its_line_and_as_many_of_each_other() -> None:
    lines = lines_of(a=50, b=50, c=50)
    taken(lines, 24)
    assert lines.count == 126
    assert lines.number_before("a") == 41 * 3
    lines.add("d", "d0")
    assert lines.number_before("d") == 2
    assert lines.number_before("e") == 2
    for number in range(1, 10):
        lines.add("d", f"d{number}")
    assert lines.number_before("d") == 10 * 4
    assert (lines.first(), lines.first_of("d"), lines.first_of("e")) == ("a9", "d0", None)
