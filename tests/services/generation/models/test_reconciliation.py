"""What we recorded against what a provider says."""

from datetime import date

from services.generation.models.reconciliation import (
    Comparison,
    RecordedUse,
    ReportedUse,
    Tokens,
    compare,
)

MONDAY, TUESDAY = date(2026, 11, 30), date(2026, 12, 1)


def test_a_call_over_midnight_differs_by_day_and_not_in_all() -> None:
    recorded = [RecordedUse(MONDAY, "ours", Tokens(10, 2, 5), 1)]
    reported = [ReportedUse(TUESDAY, "theirs", Tokens(10, 2, 5))]
    assert compare(recorded, reported, {"ours": "theirs"}) == (
        Comparison(MONDAY, "theirs", Tokens(10, 2, 5), Tokens(), 1),
        Comparison(TUESDAY, "theirs", Tokens(), Tokens(10, 2, 5), 0),
        Comparison(None, "theirs", Tokens(10, 2, 5), Tokens(10, 2, 5), 1),
    )


def test_models_that_the_provider_calls_the_same_are_one_and_a_token_is_a_difference() -> None:
    recorded = [
        RecordedUse(MONDAY, "a", Tokens(1, 0, 1)),
        RecordedUse(MONDAY, "b", Tokens(2, 0, 2)),
        RecordedUse(MONDAY, "gone", Tokens(4, 0, 4)),
    ]
    reported = [
        ReportedUse(MONDAY, "theirs", Tokens(3, 0, 3)),
        ReportedUse(MONDAY, "gone", Tokens(4, 0, 5)),
    ]
    compared = compare(recorded, reported, {"a": "theirs", "b": "theirs"})
    assert [(one.day, one.model, one.differs) for one in compared] == [
        (MONDAY, "gone", True),
        (None, "gone", True),
        (None, "theirs", False),
    ]
