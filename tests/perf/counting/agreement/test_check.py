"""Where nothing can be named beside another version the findings are the same, and it is said."""

from pathlib import Path

import pytest

from gql.documents.trusted_documents import trusted_documents
from perf.counting.agreement.call_findings import call_findings
from perf.counting.agreement.check import CheckedCalls, name_functions
from perf.counting.calls import Calls
from perf.counting.counter import DocumentCount
from perf.counting.request_cost import RequestCost
from perf.gate.findings import GateFinding

pytestmark = pytest.mark.heavy

MORE = RequestCost(2, {}, Calls({"app/http/request_context.py:call": 100_000}, {}, {}), 0.0)
COUNTED = DocumentCount("Quota", (MORE, MORE))
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


def held() -> tuple[list[CheckedCalls], tuple[GateFinding, ...]]:
    findings = tuple(call_findings(COUNTED, trusted_documents()["Quota"].budget))
    return [CheckedCalls(COUNTED, findings)], findings


def test_what_is_no_version_is_said(tmp_path: Path) -> None:
    red, findings = held()
    named = name_functions(red, "no-such", NOWHERE, tmp_path)
    assert named.findings == findings
    assert named.remark == (
        "What is called more often than by no-such is not known: "
        "no-such is neither a folder nor a revision"
    )


def test_a_copy_without_git_says_how_to_name_a_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    red, findings = held()
    named = name_functions(red, None, NOWHERE, tmp_path)
    assert named.findings == findings
    assert named.remark.endswith("--beside names one.")


def test_what_is_known_is_named_and_nothing_else_is() -> None:
    budget = trusted_documents()["Quota"].budget
    (finding,) = call_findings(COUNTED, budget, {})
    assert finding.problem.splitlines() == [
        f"100000 calls of functions in Python, where at most {budget.python_calls} are agreed",
        "    100000 more of app/http/request_context.py:call",
    ]
