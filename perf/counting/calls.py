"""The function calls of one request, from Python's own profiler."""

import re
import sysconfig
from collections import Counter
from collections.abc import Iterator, Mapping
from cProfile import Profile
from dataclasses import dataclass
from types import CodeType
from typing import Any

from db.connections.capture import ExecutedStatement, report_executed
from gql.runtime.deadline import SHARED_TIMER
from perf.servers.host import ROOT

_PLACES = tuple(
    f"{place}/" for place in (sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), ROOT)
)
_METHOD = re.compile(r"<method '(.+)' of '(.+)' objects>")
_DECORATION = re.compile(r"<(?:built-in method |function )?| (?:of .+ object )?at 0x[0-9a-f]+|>")
_OWN_FILES = f"{ROOT / 'perf'}/"
_RAN, _TRACING = ExecutedStatement.__init__.__code__, report_executed.__code__.co_filename
Counts = Mapping[str, int]
"""How often functions were called, by name."""


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of Python functions, and of C functions that Python code calls.

    Each resumption of a coroutine counts as one call. `callers` maps each function to its callers.
    Calls made from C are not seen: `map(str.upper, words)` counts as one call.
    """

    python: Counts
    c: Counts
    callers: Mapping[str, Counts]

    @property
    def totals(self) -> tuple[int, int]:
        """The total calls of Python and of C functions."""
        return sum(self.python.values()), sum(self.c.values())


def calls_in(profile: Profile) -> Calls:
    """The calls that the profiler recorded, without the instrumentation and shared timers."""
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    callers: dict[str, Counter[str]] = {}
    for code, count, called in _entries(profile):
        is_left_out = _is_left_out(code)
        if not is_left_out:
            counts[isinstance(code, str)][name_of(code)] += count
        for callee, times in called:
            if _is_left_out(callee):
                continue
            name = name_of(callee)
            if is_left_out:
                counts[isinstance(callee, str)][name] -= times
            else:
                callers.setdefault(name, Counter())[name_of(code)] += times
    named = {name: dict(found) for name, found in callers.items()}
    return Calls(dict(+counts[False]), dict(+counts[True]), named)


def name_of(code: CodeType | str) -> str:
    """A name independent of the source's folder: `gql/values/pages.py:Page.edges`, `dict.get`."""
    if isinstance(code, CodeType):
        return f"{_relative(code.co_filename)}:{code.co_qualname}"
    method = _METHOD.fullmatch(code)
    if method is not None:
        return f"{method[2]}.{method[1]}"
    return _DECORATION.sub("", code)


def _is_left_out(code: CodeType | str) -> bool:
    """Whether this code, and what it calls directly, is no part of a request."""
    if isinstance(code, str):
        return False
    is_watching = code is _RAN or code.co_filename == _TRACING
    return is_watching or code in SHARED_TIMER or code.co_filename.startswith(_OWN_FILES)


# Any: the profiler's entries have no types.
def _entries(profile: Any) -> Iterator[tuple[CodeType | str, int, list[tuple[Any, int]]]]:
    for entry in profile.getstats():
        called = [(one.code, one.callcount) for one in entry.calls or ()]
        yield entry.code, entry.callcount, called


def _relative(file: str) -> str:
    for place in _PLACES:
        if file.startswith(place):
            return file[len(place) :]
    return file
