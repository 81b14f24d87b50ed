"""The parts of traced requests and background jobs, in milliseconds and in words."""

from collections.abc import Iterator, Mapping

from perf.load.monitoring.traced_parts import JOB
from perf.load.results.report import MethodUse

_ENOUGH_TIMES = 5
"""A part seen less often under load is taken from the requests measured alone."""
_JOB_GREW = 1.5
_JOB_WORTH_NAMING_SECONDS = 0.5
_MS = 1_000
_WHOLE = "request"
_WORDS = {
    _WHOLE: "the server's work around {}",
    "authentication": "finding out who asks for {}",
    "reading": "reading the request for {}",
    "preparation": "finding the document of {}",
    "admission": "waiting for a turn for {}",
    "execution": "putting together the answer of {}",
    "resolver": "the resolver {}",
    "writer": "writing what {} gives",
    "batch": "the Python of the loader {}",
    "python": "the Python of {}",
    "database": "{} in the database",
    "connection": "waiting for a connection in {}",
    "redis": "waiting for Redis in {}",
    "model": "waiting for the model",
    "payments": "waiting for the payment provider",
    "reply": "waiting for the reply in {}",
    "events": "waiting for events of {}",
    "encoder": "the encoder of {}",
    "event_loop": "waiting for a busy event loop, or a processor, in {}",
    JOB: "the writing of {}",
}


def has_traces(run: tuple[Mapping[str, MethodUse], Mapping[str, MethodUse]]) -> bool:
    """Whether the requests of the operation were traced."""
    return _operation(run[0]) is not None


def traced_parts(
    before: tuple[Mapping[str, MethodUse], Mapping[str, MethodUse]],
    after: tuple[Mapping[str, MethodUse], Mapping[str, MethodUse]],
) -> dict[str, tuple[float, float]]:
    """The milliseconds of each part of one request, before and after."""
    old, new = _milliseconds(*before), _milliseconds(*after)
    return {part: (old.get(part, 0.0), new.get(part, 0.0)) for part in sorted(old.keys() | new)}


def part_in_words(part: str) -> str:
    """The description of a part."""
    kind, _, name = part.partition(" ")
    return _WORDS.get(kind, f"{kind} of {{}}").format(name)


def jobs_in_words(before: Mapping[str, MethodUse], after: Mapping[str, MethodUse]) -> Iterator[str]:
    """One line for each background job that took considerably more time."""
    for name, use in sorted(after.items()):
        kind, _, job = name.partition(" ")
        old = before[name].traced_seconds if name in before else 0.0
        grown = use.traced_seconds - old
        if kind == JOB and grown > max(_JOB_WORTH_NAMING_SECONDS, (_JOB_GREW - 1) * old):
            yield (
                f"the background job {job} took {use.traced_seconds:.1f} s meanwhile instead of "
                f"{old:.1f}, which is no part of a request"
            )


def _milliseconds(
    alone: Mapping[str, MethodUse], loaded: Mapping[str, MethodUse]
) -> dict[str, float]:
    """The parts of one request: their number from single requests, their duration under load."""
    operation = _operation(alone)
    whole = loaded.get(f"{_WHOLE} {operation}")
    requests = whole.traced_times if whole is not None else 0.0
    found = {}
    for part in alone.keys() | {one for one in loaded if one.endswith(f" {operation}")}:
        kind, _, name = part.partition(" ")
        if kind in {JOB, part}:
            continue
        use = loaded.get(part)
        if name == operation and requests >= _ENOUGH_TIMES:
            found[part] = _MS * use.traced_seconds / requests if use is not None else 0.0
        elif part in alone:
            timed = use if use is not None and use.traced_times >= _ENOUGH_TIMES else alone[part]
            found[part] = _MS * alone[part].traced_times * _each(timed)
    return found


def _each(use: MethodUse) -> float:
    return use.traced_seconds / use.traced_times if use.traced_times else use.traced_seconds


def _operation(alone: Mapping[str, MethodUse]) -> str | None:
    """The operation measured alone: the one with most whole requests."""
    of_requests = (
        (use.traced_times, name.removeprefix(f"{_WHOLE} "))
        for name, use in alone.items()
        if name.startswith(f"{_WHOLE} ") and use.traced_times
    )
    return max(of_requests, default=(0.0, None))[1]
