"""What two versions call is compared exactly, and named; chance is not taken for a change."""

from pathlib import Path

import pytest

from gql.documents.trusted_documents import FOLDER, trusted_documents
from perf.counting.calls import Calls
from perf.counting.counter import NOT_COUNTED, is_counted_here
from perf.counting.request_cost import RequestCost
from perf.counting.version_comparison import FilledVersion, call_differences, costs_of, differences
from perf.servers.host import ROOT
from perf.servers.seeded import THIS_VERSION, Version
from tests.perf.planted.planted_source import PER_REQUEST, planted

REQUESTS = "app/http/request_context.py:RequestContextMiddleware.__call__"
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
SHOWN = "gql/schema/plan.py:shown"
CALLERS = {SHOWN: {"gql/schema/plan.py:from_row": 12, "gql/build.py:once": 1}}


def costs(
    shown: tuple[int, int] = (0, 0), *, upper: int = 0, fetched: int = 900, noise: float = 0.0
) -> tuple[RequestCost, RequestCost]:
    """A document that asks for 12 rows and for 24, and calls two functions."""
    few, twice = (
        RequestCost(
            rows,
            {"plans.all": fetched},
            Calls(
                {"app/http/request_context.py:call": 100, SHOWN: calls},
                {"str.upper": upper},
                CALLERS,
            ),
            noise,
        )
        for rows, calls in zip((12, 24), shown, strict=True)
    )
    return few, twice


def reported(
    before: tuple[RequestCost, RequestCost], after: tuple[RequestCost, RequestCost]
) -> list[str]:
    return list(differences({"Plans": before}, {"Plans": after}))


def test_a_call_for_each_row_is_reported_and_named() -> None:
    assert reported(costs(), costs((12, 24))) == [
        "Plans: 1 calls of functions in Python for each row instead of 0",
        f"    24 more of {SHOWN}, called by gql/schema/plan.py:from_row, and 12 more for n",
    ]


def test_one_call_more_or_less_is_reported_and_bytes_are_too() -> None:
    assert reported(costs(), costs(upper=1, fetched=901)) == [
        "Plans: 1 calls of functions in C instead of 0",
        "Plans: 901 bytes fetched instead of 900",
        "    1 more of str.upper",
    ]
    assert reported(costs((1, 1)), costs()) == [
        "Plans: 100 calls of functions in Python instead of 101"
    ]


def test_what_is_the_same_is_not_reported() -> None:
    assert reported(costs((12, 24)), costs((12, 24))) == []


@pytest.mark.parametrize(("calls", "is_announced"), [(5, False), (7, True)])
def test_chance_while_a_reply_is_generated_is_not_reported(
    calls: int, *, is_announced: bool
) -> None:
    found = reported(costs(noise=0.06), costs((calls, calls), noise=0.06))
    assert [line.partition(" instead")[0] for line in found[:1]] == (
        [f"Plans: {100 + calls} calls of functions in Python"] if is_announced else []
    )


def test_what_only_one_version_has_is_passed_over() -> None:
    assert list(differences({"Plans": costs()}, {"Quota": costs((1, 1))})) == []


@pytest.mark.planted
@pytest.mark.skipif(not is_counted_here(), reason=NOT_COUNTED)
def test_a_version_that_calls_one_function_more(crowd: str, tmp_path: Path) -> None:
    more = Version(planted(tmp_path / "more", PER_REQUEST).folder)
    agreed = trusted_documents()["Plans"].budget.python_calls or 0
    filled = FilledVersion(THIS_VERSION, crowd), FilledVersion(more, crowd)
    assert list(call_differences(*filled, tmp_path, ["Plans"])) == [
        f"Plans: {agreed + 1} calls of functions in Python instead of {agreed}",
        f"    1 more of {REQUESTS}.<locals>.<lambda>, called by {REQUESTS}",
    ]


@pytest.mark.heavy
@pytest.mark.skipif(not is_counted_here(), reason=NOT_COUNTED)
def test_a_version_that_cannot_count_is_said_in_a_sentence(tmp_path: Path) -> None:
    documents = tmp_path / FOLDER.relative_to(ROOT)
    documents.mkdir(parents=True)
    (documents / "Plans.graphql").touch()
    (tmp_path / "perf").mkdir()
    (tmp_path / "perf" / "__init__.py").touch()
    older = FilledVersion(Version(tmp_path), NOWHERE)
    (said,) = call_differences(older, FilledVersion(THIS_VERSION, NOWHERE), tmp_path, ["Plans"])
    assert said.startswith("Function calls are not counted, as one of the versions cannot do it: ")
    assert "perf.counting" in said


def test_a_version_is_not_measured_with_documents_that_it_has_not(tmp_path: Path) -> None:
    assert costs_of(FilledVersion(Version(tmp_path), NOWHERE), tmp_path, ["Plans"]) == {}
