"""The outcome of a comparison in turns, for people and for programs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import orjson

from perf.ab.verdicts import FALSE_ALARMS, OperationEffect
from perf.load.host import this_host
from perf.statistics.bootstrap import RESAMPLES, Change, Effect

NAME = "ab-report"


def lines(found: Sequence[OperationEffect], *, rounds: int, minimum: float) -> Iterator[str]:
    """A table, what explains the changes, and how sure all of it is."""
    yield f"{'operation':<28}{'samples':>8}{'a ms':>9}{'b ms':>9}  b beside a"
    for one in found:
        yield f"{one.name:<28}{one.samples:>8}{one.a_ms:>9.2f}{one.b_ms:>9.2f}  {words(one)}"
    for one in found:
        for reason in one.why:
            yield f"{one.name} is {one.change.value}: {reason}"
    yield (
        f"{rounds} rounds A B B A; bootstrap-t of the rounds' differences, {RESAMPLES} resamples. "
        f"Changes of less than {minimum:.0%} are none; the chance that anything is called slower "
        f"or faster although nothing changed is at most {FALSE_ALARMS:.0%}."
    )


def words(one: OperationEffect) -> str:
    """`slower: +21%, between +15% and +28%`."""
    found = one.effect
    if found is None:
        return f"{one.change.value}: too few rounds"
    return f"{one.change.value}: {interval_words(found)}"


def interval_words(found: Effect) -> str:
    """`+21%, between +15% and +28%`."""
    return f"{found.value:+.1%}, between {found.low:+.1%} and {found.high:+.1%}"


def write(
    found: Sequence[OperationEffect],
    folder: Path,
    *,
    names: tuple[str, str],
    rounds: int,
    minimum: float,
    differences: Mapping[str, Sequence[float]],
) -> None:
    """Write the report as Markdown and as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    said = list(lines(found, rounds=rounds, minimum=minimum))
    heading = [f"# {names[1]} beside {names[0]}", ""]
    (folder / f"{NAME}.md").write_text("\n".join([*heading, "```", *said, "```", ""]))
    (folder / f"{NAME}.json").write_bytes(
        orjson.dumps(
            {
                "kind": "guidance ab report",
                "version": 1,
                "a": names[0],
                "b": names[1],
                "host": this_host().model_dump(),
                "rounds": rounds,
                "minimum": minimum,
                "false_alarms": FALSE_ALARMS,
                "operations": [{**asdict(one), "change": one.change.value} for one in found],
                "differences": differences,
            },
            option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
        )
    )


def is_slower(found: Sequence[OperationEffect]) -> bool:
    """Whether any operation is."""
    return any(one.change is Change.SLOWER for one in found)
