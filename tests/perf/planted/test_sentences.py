"""What is wrong with a document, or around the gate, is a sentence and no traceback."""

from pathlib import Path

import pytest

from tests.perf.planted.planted_source import Edit, assert_caught, planted

FOLDER = "gql/documents/files"
TABLE = """
[{name}]
p95_ms = 100
p99_ms = 300
statements = 1
subscription_lookups = 0
rows = 10
response_bytes = 1_000
cost = 100
deadline_ms = 5_000
accepts = ["429"]
"""
NAMES = ("Alone", "Broken", "Misnamed", "Unprepared", "Untyped")
WRONG = (
    Edit(f"{FOLDER}/Alone.graphql", "", "query Alone { viewer { id } }\n"),
    Edit(f"{FOLDER}/Broken.graphql", "", "query Broken { viewer { id }\n"),
    Edit(f"{FOLDER}/Misnamed.graphql", "", "query Other { viewer { id } }\n"),
    Edit(f"{FOLDER}/Unprepared.graphql", "", "query Unprepared($id: ID!) { node(id: $id) { id } }"),
    Edit(f"{FOLDER}/Untyped.graphql", "", "query Untyped { viewer { idd } }\n"),
    Edit(f"{FOLDER}/Unagreed.graphql", "", "query Unagreed { viewer { id } }\n"),
    Edit(
        f"{FOLDER}/budgets.toml",
        "[ApiCredentials]\n",
        "".join(TABLE.format(name=name) for name in NAMES) + "\n[ApiCredentials]\n",
    ),
    Edit(
        "perf/gate/scenarios/accounts.py",
        '    "ApiCredentials": ',
        "".join(f'    "{name}": Scenario(reader),\n' for name in NAMES if name != "Alone")
        + '    "ApiCredentials": ',
    ),
)
SENTENCES = (
    "and not both: Unagreed\n",
    "Alone: it has no scenario: perf/gate/scenarios has to say who asks",
    "Broken: line 2 cannot be read: Syntax Error: Expected Name, found <EOF>.\n",
    "Misnamed: Misnamed.graphql has the operation Other, and not Misnamed\n",
    "Unprepared: its scenario in perf/gate/scenarios gives no value for id",
    "Untyped: it is not valid: Cannot query field 'idd' on type 'User'.",
    "Quota                               5      2 of 2",
)


@pytest.mark.planted
def test_each_document_has_its_sentence_and_the_others_are_judged(
    crowd: str, tmp_path: Path
) -> None:
    chosen = [word for name in (*NAMES, "Quota") for word in ("--document", name)]
    ran = planted(tmp_path, *WRONG).guidance("perf", "gate", "--url", crowd, *chosen)
    assert_caught(ran, *SENTENCES)
    assert "Traceback" not in ran.output
    assert "KeyError" not in ran.output


@pytest.mark.planted
def test_budgets_that_cannot_be_read(tmp_path: Path) -> None:
    edit = Edit(f"{FOLDER}/budgets.toml", "[ApiCredentials]\n", "[ApiCredentials\n")
    ran = planted(tmp_path, edit).guidance("perf", "gate")
    assert_caught(ran, "guidance: budgets.toml cannot be read: ", status=3)
    assert len(ran.output.splitlines()) == 1
