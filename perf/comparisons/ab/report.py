"""The report of a comparison: as text, Markdown and JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isinf
from pathlib import Path

import orjson

from perf.comparisons.ab.interleaving import InterleavedRounds
from perf.comparisons.ab.precision import (
    FALSE_ALARMS,
    POWER,
    REQUIRED_QUANTILES,
    DetectableEffects,
    minimum_effect,
)
from perf.comparisons.ab.verdicts import OperationShift, ShiftVerdict, change_of, outcome
from perf.servers.host import this_host
from perf.statistics.resampling import RESAMPLES
from perf.statistics.shift import Shift

NAME = "ab-report"
_KIND, _VERSION = "guidance ab report", 2
_MS = 1_000
_SHOWN = (*REQUIRED_QUANTILES, 0.99)


@dataclass(frozen=True, slots=True)
class VersionComparison:
    """Everything about one comparison: the versions, the measurements and the verdicts."""

    names: tuple[str, str]
    minimum: float
    interleaved: InterleavedRounds
    operations: Sequence[OperationShift]
    left_out: Mapping[str, str]
    counts: Sequence[str] = ()
    """Differences in function calls, as lines of text; printed first because they are exact."""

    @property
    def outcome(self) -> ShiftVerdict:
        """The verdict on all operations."""
        return outcome(self.operations, is_complete=not self.left_out)


def quantile_name(probability: float) -> str:
    """`p95`."""
    return f"p{round(100 * probability)}"


def detectable_effect_lines(detectable_effects: DetectableEffects) -> Iterator[str]:
    """The detectable effects of the most important quantiles, as lines of text."""
    yield f"With {POWER:.0%} this run will see changes from:"
    yield f"{'operation':<28}" + "".join(f"{quantile_name(one):>9}" for one in _SHOWN)
    for name, least in detectable_effects.items():
        cells = "".join(f"{_least(least[probability]):>9}" for probability in _SHOWN)
        yield f"{name:<28}{cells}"


def report_lines(found: VersionComparison) -> Iterator[str]:
    """The table of results, the changes with their explanations, and the method."""
    yield from found.counts
    yield (
        f"{'operation':<28}{'samples':>8}"
        + "".join(
            f"{f'{side} {quantile_name(one)}':>9}" for one in REQUIRED_QUANTILES for side in "ab"
        )
        + "  b beside a"
    )
    for one in found.operations:
        shifts = [one.at(probability) for probability in REQUIRED_QUANTILES]
        cells = "".join(f"{_ms(value):>9}" for shift in shifts for value in (shift.a, shift.b))
        yield f"{one.name:<28}{one.samples:>8}{cells}  {one.change.value}"
    for one in found.operations:
        yield from _change_lines(one)
    for name, reason in found.left_out.items():
        yield f"{name} was not compared: {reason}"
    yield f"{found.outcome.value}: {names_of(found)}"
    yield method_text(found)


def names_of(found: VersionComparison) -> str:
    """The names of the operations that have the verdict of the whole comparison."""
    names = [one.name for one in found.operations if one.change is found.outcome]
    if found.outcome is ShiftVerdict.UNKNOWN:
        names += found.left_out
    everything = len(names) == len(found.operations) + len(found.left_out)
    return "all operations" if everything and len(names) > 1 else ", ".join(names)


def method_text(found: VersionComparison) -> str:
    """How the results were computed, and how certain they are."""
    rounds = max(map(len, found.interleaved.rounds.values()))
    return (
        f"{rounds} rounds, A B B A or B A A B by lot. Milliseconds; quantiles by nearest rank; "
        f"intervals by random signs of the rounds ({RESAMPLES} resamples), of all operations, "
        f"deciles, p95 and p99 together: that anything is called slower or faster although "
        f"nothing changed happens in at most {FALSE_ALARMS:.0%} of comparisons. Worth a word are "
        f"{found.minimum:.0%} of the deciles up to the eighth, "
        f"{minimum_effect(0.95, found.minimum):.0%} of the ninth and p95, "
        f"{minimum_effect(0.99, found.minimum):.0%} of p99."
    )


def shift_words(shift: Shift) -> str:
    """`p95 12.0 → 14.5 ms (+21%, between +15% and +28%)`."""
    return (
        f"{quantile_name(shift.probability)} {_ms(shift.a)} → {_ms(shift.b)} ms "
        f"({shift.value:+.0%}, {interval_words(shift)})"
    )


def interval_words(shift: Shift) -> str:
    """`between +15% and +28%`."""
    low, high = (_end(end) for end in (shift.low, shift.high))
    return f"between {low} and {high}"


def write(found: VersionComparison, folder: Path) -> None:
    """Write the report as Markdown and as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    heading = [f"# {found.names[1]} beside {found.names[0]}", ""]
    text = "\n".join([*heading, "```", *report_lines(found), "```", ""])
    (folder / f"{NAME}.md").write_text(text)
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
    (folder / f"{NAME}.json").write_bytes(orjson.dumps(_json(found), option=options))


def _change_lines(one: OperationShift) -> Iterator[str]:
    for change in (ShiftVerdict.SLOWER, ShiftVerdict.FASTER):
        changed = one.changed(change)
        if changed:
            yield f"{one.name} is {change.value}: {'; '.join(map(shift_words, changed))}"
    for reason in one.why:
        yield f"{one.name}: {reason}"
    for probability in REQUIRED_QUANTILES:
        shift = one.at(probability)
        if change_of(shift, one.minimum) is ShiftVerdict.UNKNOWN:
            yield (
                f"{one.name} cannot be told: {shift_words(shift)}, where "
                f"{minimum_effect(probability, one.minimum):.0%} is worth a word"
            )


def _json(found: VersionComparison) -> Mapping[str, object]:
    return {
        "kind": _KIND,
        "version": _VERSION,
        "a": found.names[0],
        "b": found.names[1],
        "host": this_host().model_dump(),
        "outcome": found.outcome.value,
        "minimum": found.minimum,
        "false_alarms": FALSE_ALARMS,
        "power": POWER,
        "left_out": found.left_out,
        "counts": found.counts,
        "operations": {one.name: _operation_json(one, found) for one in found.operations},
    }


def _operation_json(one: OperationShift, found: VersionComparison) -> Mapping[str, object]:
    detectable_effects = found.interleaved.detectable_effects.get(one.name, {})
    return {
        "change": one.change.value,
        "samples": one.samples,
        "quantiles": {
            quantile_name(shift.probability): {
                "change": change_of(shift, one.minimum).value,
                "a_ms": shift.a * _MS,
                "b_ms": shift.b * _MS,
                "ratio": shift.value,
                "low": shift.low,
                "high": shift.high,
                "visible": detectable_effects.get(shift.probability),
            }
            for shift in one.shifts
        },
        "why": one.why,
        "rounds": found.interleaved.rounds[one.name],
    }


def _ms(seconds: float) -> str:
    return f"{seconds * _MS:.2f}"


def _least(change: float) -> str:
    return "-" if isinf(change) else f"{change:+.0%}"


def _end(end: float) -> str:
    return "anything" if isinf(end) or end <= -1 else f"{end:+.1%}"
