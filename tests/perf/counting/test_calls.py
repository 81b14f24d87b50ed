"""Calls are counted exactly, by names that are the same wherever the source lies."""

from cProfile import Profile

from perf.counting.calls import Calls, calls_in


class Row:
    """Something that is called for each row."""

    def shown(self) -> str:
        return str.upper("text")


def ask(rows: int) -> None:
    for _ in range(rows):
        Row().shown()


def calls_of(rows: int) -> Calls:
    profile = Profile()
    profile.enable()
    ask(rows)
    profile.disable()
    return calls_in(profile)


def test_calls_of_python_and_of_c_apart() -> None:
    found, file = calls_of(7), "tests/perf/counting/test_calls.py"
    assert found.python == {f"{file}:ask": 1, f"{file}:Row.shown": 7}
    assert found.c["str.upper"] == 7
    assert found.callers[f"{file}:Row.shown"] == {f"{file}:ask": 7}
    assert found.callers["str.upper"] == {f"{file}:Row.shown": 7}


def test_the_same_is_counted_again() -> None:
    assert calls_of(5) == calls_of(5)
