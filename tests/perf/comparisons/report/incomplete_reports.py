"""Reports that say nothing of something, each with the status and the words that name it."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from perf.load.generator.outcomes import Outcome, OutcomeKind, error
from perf.load.results.report import LoadReport
from tests.perf.comparisons.report.sample_reports import SAMPLES, made_up, on_another_machine

PAGE = "ConversationPage"
REFUSED, FAULT = Outcome(OutcomeKind.PROTECTED, "429"), error("HTTP 500")
ANOTHER = partial(made_up, seed=2, day=1)
"""The night after, which differs by noise alone."""
# Any: JSON.
Edited = MutableMapping[str, Any]
Edit = Callable[[Edited], object]


@dataclass(frozen=True, slots=True)
class Silence:
    """Two reports, the second one perhaps edited in its file, and what has to be said of them."""

    name: str
    status: int
    named: str
    baseline: Callable[[], LoadReport]
    current: Callable[[], LoadReport]
    edit: Edit | None = None

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write both files."""
        before, after = folder / "before.json", folder / "after.json"
        self.baseline().write(before)
        self.current().write(after)
        if self.edit is not None:
            report = orjson.loads(after.read_bytes())
            self.edit(report)
            after.write_bytes(orjson.dumps(report).replace(b'"NaN"', b"NaN"))
        return before, after


def silences() -> Iterator[Silence]:
    """Nothing first, as a control, then each of them."""
    yield _made("nothing", 0, "No regression was found.")
    yield from _not_measured()
    yield from _below_the_target()
    yield from _of_the_run()
    yield from _not_counted()
    yield from _gone()
    yield from _impossible()
    yield Silence(
        "a baseline of zero",
        9,
        "Quota: the p50 of the baseline is zero, and",
        partial(made_up, {"Quota": 0}),
        ANOTHER,
    )
    yield Silence(
        "another machine",
        3,
        "Not comparable.",
        made_up,
        lambda: on_another_machine(made_up(day=1)),
    )


def _not_measured() -> Iterator[Silence]:
    yield _made(
        "no samples at all", 5, "Quota was not measured: no samples at all", asked={"Quota": 0}
    )
    yield _made(
        "few samples",
        5,
        "Quota cannot be compared: 800 samples in the baseline and 19 now, and 20 are needed",
        asked={"Quota": 19},
    )
    yield _made(
        "asked less often than planned",
        5,
        "Quota was asked 400 times, and 800 times in the baseline, of the same plan",
        asked={"Quota": 400},
    )
    yield _made(
        "all refused",
        6,
        "Quota was not measured: all 800 requests were refused on purpose: 429",
        endings={"Quota": dict.fromkeys(range(SAMPLES), REFUSED)},
    )
    yield Silence(
        "all failing, as before",
        5,
        "Quota was not measured: none of 800 requests was answered: HTTP 500",
        *(
            partial(
                made_up, seed=day, day=day, endings={"Quota": dict.fromkeys(range(SAMPLES), FAULT)}
            )
            for day in (1, 2)
        ),
    )
    yield _edited(
        "in the mix and not in the report",
        5,
        "Quota is in the mix, and the report has nothing of it",
        lambda one: one["operations"].pop("Quota"),
    )


def _below_the_target() -> Iterator[Silence]:
    yield _made(
        "more refused, within the target",
        6,
        "Quota: 9 of 800 were refused on purpose: 429 (0 of 800 in the baseline, new",
        endings={"Quota": dict.fromkeys(range(9), REFUSED)},
    )
    yield _made(
        "one error, within the target",
        7,
        "Quota: 1 of 800 failed: HTTP 500 (0 of 800 in the baseline, new since the baseline)",
        endings={"Quota": {7: FAULT}},
    )
    yield Silence(
        "more errors than before, beyond the target",
        1,
        "Quota: 20 of 800 failed: HTTP 500 (1 of 800 in the baseline)",
        partial(made_up, endings={"Quota": {7: FAULT}}),
        partial(made_up, seed=2, day=1, endings={"Quota": dict.fromkeys(range(20), FAULT)}),
    )
    yield _edited(
        "one probe that was not answered",
        7,
        "availability probes: 1 of 600 failed: no answer (0 of 600 in the baseline, new",
        lambda one: _target(one["targets"], "unavailable").update(bad=1),
    )
    yield _made(
        "twenty times the calls", 8, "ran 1 times a request, and runs 20 times now", calls=20
    )


def _of_the_run() -> Iterator[Silence]:
    yield _made(
        "a run that ended early",
        10,
        "the run ended early: 400 requests were sent of a plan that had 1600 in the baseline",
        asked={"Quota": 200, PAGE: 200},
    )
    yield _edited(
        "a run that was interrupted",
        10,
        "the run ended early: 2200 of 2300 planned requests were sent",
        lambda one: one["generator"].update(planned=2300),
    )
    yield _made(
        "a server that died", 10, "the server answered nobody from second 30.0 of 64 on", died_at=30
    )


def _not_counted() -> Iterator[Silence]:
    yield _edited(
        "counts that could not be read",
        11,
        "what the server counted is not known",
        lambda one: one.update(counts=None),
    )
    yield _edited(
        "calls of one operation that could not be read",
        11,
        f"{PAGE}: what one request calls was counted before, and is not now",
        lambda one: one["operations"][PAGE].update(alone={}),
    )


def _gone() -> Iterator[Silence]:
    def without_quota(one: Edited) -> None:
        one["operations"].pop("Quota")
        one["mix"].pop("Quota")

    yield _edited("gone from the mix", 4, "Quota is gone from the mix", without_quota)

    def with_another() -> LoadReport:
        before = made_up()
        operations = {**before.operations, "Renamed": before.operations["Quota"]}
        return before.model_copy(update={"operations": operations})

    yield Silence(
        "gone from the documents",
        4,
        "Renamed is gone from the documents: measured in the baseline, and not now",
        with_another,
        ANOTHER,
    )


def _impossible() -> Iterator[Silence]:
    for named, edit in (
        ("Quota.p50.value: input should be a finite number", {"p50": _interval("NaN")}),
        ("Quota.p50.value: input should be greater than", {"p50": _interval(-1)}),
        ("Quota.p50: 1e+300 ms is not that of the samples", {"p50": _interval(1e300)}),
        ("Quota.p50 is missing", {"p50": None}),
        ("Quota.latencies_us.0: input should be greater than", {"latencies_us": [-1]}),
        ("Quota.latencies_us.0: input should be less than", {"latencies_us": [10**15]}),
        ("Quota.requests: 800 are not the 1 samples", {"latencies_us": [20_000]}),
        ("Quota.requests: input should be greater than", {"requests": -3}),
        ("Quota.errors: 801 are more than the 800 samples", {"errors": {"HTTP 500": 801}}),
    ):
        yield _edited(f"a figure: {named}", 2, named, partial(_update_quota, edit))
    yield _edited(
        "a PASS of nothing",
        2,
        "targets.p95: a PASS needs 59 samples, and there are 0",
        lambda one: _target(_quota(one)["targets"], "p95").update(samples=0),
    )
    yield _edited(
        "more bad ones than there are",
        2,
        "targets.p95: 900 of 800 are bad",
        lambda one: _target(_quota(one)["targets"], "p95").update(bad=900),
    )
    yield _edited(
        "a time of no zone",
        2,
        "is damaged at started_at",
        lambda one: one.update(started_at="2026-02-21T09:30:00"),
    )


# Any: what `made_up` takes.
def _made(name: str, status: int, named: str, **made: Any) -> Silence:
    return Silence(name, status, named, made_up, partial(made_up, seed=2, day=1, **made))


def _edited(name: str, status: int, named: str, edit: Edit) -> Silence:
    return Silence(name, status, named, made_up, ANOTHER, edit)


def _update_quota(edit: Mapping[str, object], report: Edited) -> None:
    _quota(report).update(edit)


# Any: JSON.
def _quota(report: Edited) -> Any:
    return report["operations"]["Quota"]


# Any: JSON.
def _target(targets: list[Any], name: str) -> Any:
    return next(one for one in targets if one["name"] == name)


def _interval(value: float | str) -> dict[str, object]:
    return {"value": value, "low": None, "high": None}
