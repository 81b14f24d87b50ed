"""What no document reaches is named, and so is an exception that is not needed."""

from perf.gate.fields.coverage import coverage_findings
from perf.gate.fields.documents.schema import fields

EVERYTHING = {f"{type_name}.{name}" for type_name, of_type in fields().items() for name in of_type}


def named(
    answered: set[str],
    refusals: dict[str, str] | None = None,
    exemptions: dict[str, str] | None = None,
) -> list[str]:
    return [str(one) for one in coverage_findings(answered, refusals or {}, exemptions or {})]


def test_all_is_well_where_everything_was_answered() -> None:
    assert named(EVERYTHING) == []


def test_a_type_of_which_nothing_was_answered_is_named_once() -> None:
    answered = {one for one in EVERYTHING if not one.startswith("Plan.")}
    assert named(answered) == ["Plan: no document reaches any of its fields"]
    assert named(answered, exemptions={"Plan": "none is on sale"}) == []


def test_a_field_is_named_with_what_was_said() -> None:
    answered = EVERYTHING - {"Plan.code", "EnterpriseAccount.dailyUsage"}
    no_value = "no value is known for from: Date!, to: Date!"
    assert named(answered, {"Plan.code": "It is a secret."}) == [
        "Plan.code: no document reaches it: It is a secret.",
        f"EnterpriseAccount.dailyUsage: no document reaches it: {no_value}",
    ]


def test_what_no_document_changes_is_named() -> None:
    answered = EVERYTHING - {"Mutation.stopReply"}
    assert named(answered) == [
        "Mutation.stopReply: no document reaches it: none of our own in gql/documents/files asks it"
    ]


def test_an_exception_that_is_not_needed_is_named() -> None:
    exemptions = {"Plan": "none is on sale", "User.email": "nobody has one"}
    assert named(EVERYTHING, exemptions=exemptions) == [
        "Plan: is reached, and need not be excused any more",
        "User.email: is reached, and need not be excused any more",
    ]
