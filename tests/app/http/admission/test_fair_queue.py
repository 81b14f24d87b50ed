"""Whose turn it is among those who wait."""

from app.http.admission.fair_queue import FairQueue


def lines_of(**numbers: int) -> FairQueue[str]:
    """Lines with so many of each origin."""
    lines: FairQueue[str] = FairQueue()
    for origin, number in numbers.items():
        for place in range(number):
            lines.add(origin, f"{origin}{place}")
    return lines


def taken(lines: FairQueue[str], number: int) -> list[str]:
    """So many, as they are taken."""
    return [str(lines.take_next(lambda _: True)) for _ in range(number)]


def test_nobody_is_next_of_nobody() -> None:
    lines = lines_of()
    assert (len(lines), lines.first(), lines.first_of("a")) == (0, None, None)
    assert lines.take_next(lambda _: True) is None
    assert lines.number_before("a") == 0


def test_of_four_one_is_of_the_line_whose_turn_it_is_and_the_others_of_the_shortest() -> None:
    lines = lines_of(a=4, b=2, c=3)
    assert taken(lines, 9) == ["b0", "b1", "c0", "a0", "c1", "c2", "a1", "a2", "a3"]
    assert len(lines) == 0


def test_who_always_has_little_waiting_is_always_next_but_one() -> None:
    lines = lines_of(a=50, b=50, c=50)
    for number in range(60):
        lines.add("d", f"d{number}")
        assert f"d{number}" in taken(lines, 2)
        lines.add("abc"[number % 3], "another")


def test_nobody_waits_for_ever_however_many_are_new() -> None:
    lines = lines_of(a=5, b=5)
    seen: list[str] = []
    for number in range(100):
        lines.add(f"new {number}", f"new {number}")
        seen += taken(lines, 1)
    assert {f"{origin}{place}" for origin in "ab" for place in range(5)} <= set(seen)


def test_whoever_is_not_taken_keeps_waiting_and_others_are_looked_at() -> None:
    lines = lines_of(a=2, b=1)
    found = [lines.take_next(lambda one: one == "a0") for _ in range(5)]
    assert found == [None, None, None, "a0", None]
    assert (len(lines), lines.first_of("a"), lines.first_of("b")) == (2, "a1", "b0")


def test_before_who_comes_are_those_of_its_line_and_as_many_of_each_other() -> None:
    lines = lines_of(a=40, b=40, c=40)
    assert lines.number_before("a") == 120
    assert lines.number_before("d") == 0
    lines.add("d", "d0")
    assert (lines.number_before("d"), lines.number_before("e")) == (1, 1)
    for number in range(1, 10):
        lines.add("d", f"d{number}")
    assert lines.number_before("d") == 13
    for number in range(10, 20):
        lines.add("d", f"d{number}")
    assert lines.number_before("d") == 20 * 4
