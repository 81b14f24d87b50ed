"""Our own documents and what is agreed of them."""

import re
import subprocess
import sys
import tomllib
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest
from graphql import FieldNode, OperationDefinitionNode, OperationType, parse, validate

from gql.build import core_schema
from gql.documents.budgets.budget import DEFAULT
from gql.documents.budgets.protections import Protection
from gql.documents.trusted_documents import (
    FOLDER,
    Budget,
    BudgetsInvalid,
    TrustedDocument,
    budget_for,
    read_documents,
    trusted_documents,
)
from perf.gate.budget_log import LogInvalid, missing

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 11, 26)
LOG = (FOLDER / "CHANGES.md").read_text()
BUDGETS = {name: one.budget for name, one in trusted_documents().items()}
DOCUMENTS = [pytest.param(one, id=name) for name, one in trusted_documents().items()]
CRITICAL = {
    "Quota": "viewer",
    "CurrentSubscription": "viewer",
    "ConversationPage": "viewer",
    "ConversationsWithMessages": "viewer",
    "SendMessage": "sendMessage",
    "PrivacyExportStatus": "viewer",
    "RequestPrivacyDelete": "requestPrivacyDelete",
    "EnterpriseUsage": "enterpriseAccount",
    "GenerateGuidance": "generateGuidance",
}
TABLE = """[Hello]
p95_ms = 100
p99_ms = 300
statements = 2
subscription_lookups = 1
rows = 2
response_bytes = 200
cost = 2
deadline_ms = 5_000
accepts = ["429"]
"""


def operation_of(text: str) -> OperationDefinitionNode:
    """The only definition of a document."""
    (definition,) = parse(text).definitions
    assert isinstance(definition, OperationDefinitionNode)
    return definition


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_is_valid_and_is_named_as_its_file(document: TrustedDocument) -> None:
    name, text = document.name, document.text
    operation = operation_of(text)
    assert operation.name is not None
    assert operation.name.value == name
    assert validate(core_schema(), parse(text)) == []
    (path,) = FOLDER.rglob(f"{name}.graphql")
    assert path.read_bytes().decode() == text


def test_the_critical_flows_are_all_there() -> None:
    roots = {name: operation_of(trusted_documents()[name].text) for name in CRITICAL}
    for name, operation in roots.items():
        (field,) = operation.selection_set.selections
        assert isinstance(field, FieldNode)
        assert field.name.value == CRITICAL[name]


def test_everything_that_changes_something_has_a_document() -> None:
    mutation = core_schema().mutation_type
    assert mutation is not None
    documents = [operation_of(one.text) for one in trusted_documents().values()]
    named = {
        field.name.value
        for one in documents
        if one.operation is OperationType.MUTATION
        for field in one.selection_set.selections
        if isinstance(field, FieldNode)
    }
    assert named == set(mutation.fields)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_reads_keeps_what_is_promised_of_it(document: TrustedDocument) -> None:
    budget = document.budget
    assert budget.subscription_lookups <= 1
    if operation_of(document.text).operation is OperationType.QUERY:
        assert (budget.p95_ms <= 300, budget.p99_ms <= 700) == (True, True)


def test_what_has_no_budget_of_its_own_has_the_default() -> None:
    assert (DEFAULT.p95_ms, DEFAULT.p99_ms, DEFAULT.statements) == (300, 700, None)
    text = trusted_documents()["Quota"].text
    assert budget_for("Quota", text, "query") is BUDGETS["Quota"]
    assert budget_for("Quota") is BUDGETS["Quota"]
    assert budget_for("Unheard") is DEFAULT
    assert budget_for("Quota", "query Quota { viewer { id } }", "query") is DEFAULT
    assert budget_for("Unheard", "", "mutation").p99_ms == 10_000
    assert budget_for("Unheard", "", "subscription").p99_ms == 3_000


def write(folder: Path, table: str) -> Path:
    """A folder with one document and a table of budgets."""
    (folder / "Hello.graphql").write_text("query Hello { viewer { id } }\n")
    (folder / "budgets.toml").write_text(table)
    return folder


def test_a_folder_of_documents_is_read(tmp_path: Path) -> None:
    document = read_documents(write(tmp_path, TABLE))["Hello"]
    assert document.text == "query Hello { viewer { id } }\n"
    assert document.budget == Budget(
        p95_ms=100,
        p99_ms=300,
        statements=2,
        subscription_lookups=1,
        rows=2,
        response_bytes=200,
        cost=2,
        deadline_ms=5_000,
        accepts=frozenset({Protection.THROTTLED}),
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "and not both: Hello"),
        (TABLE + TABLE.replace("Hello", "Bye"), "and not both: Bye"),
        (TABLE.replace("cost = 2\n", ""), "lacks, or has too much: cost"),
        (TABLE + "colour = 1\n", "lacks, or has too much: colour"),
        (TABLE.replace("statements = 2", "statements = -2"), "numbers that cannot be"),
        (TABLE.replace("statements = 2", "statements = true"), "numbers that cannot be"),
        (TABLE.replace("p99_ms = 300", "p99_ms = 50"), "numbers that cannot be"),
        (TABLE.replace('"429"', '"418"'), "'418' is not a valid Protection"),
    ],
)
def test_a_document_without_a_whole_budget_is_refused(
    tmp_path: Path, table: str, message: str
) -> None:
    with pytest.raises(BudgetsInvalid, match=message):
        read_documents(write(tmp_path, table))


def test_the_change_log_gives_the_budgets_of_today() -> None:
    assert missing(LOG, BUDGETS, TODAY) == []


def test_a_number_that_was_changed_lacks_its_line_until_it_is_there() -> None:
    looser = BUDGETS | {"Quota": replace(BUDGETS["Quota"], statements=3, p99_ms=301)}
    lines = missing(LOG, looser, TODAY)
    assert lines == [
        "| 2026-11-26 | Quota | p99_ms | 300 | 301 | … |",
        "| 2026-11-26 | Quota | statements | 2 | 3 | … |",
    ]
    assert missing("\n".join([LOG, *lines]), looser, TODAY) == []
    assert missing("\n".join([LOG, lines[0]]), looser, TODAY) == lines[1:]


def test_a_document_that_comes_or_goes_lacks_its_line() -> None:
    more = BUDGETS | {"Hello": DEFAULT}
    (line,) = missing(LOG, more, TODAY)
    assert line.startswith(
        "| 2026-11-26 | Hello | all | | p95_ms 300, p99_ms 700, statements None,"
    )
    assert missing(f"{LOG}\n{line}", more, TODAY) == []
    (gone,) = missing(f"{LOG}\n{line}", BUDGETS, TODAY)
    assert gone.endswith(" | | … |")
    assert missing(f"{LOG}\n{line}\n{gone}", BUDGETS, TODAY) == []


@pytest.mark.parametrize(
    "line",
    [
        "| 2026-11-26 | Quota | statements | 2 | 3 | |",
        "| 2026-11-26 | Quota | statements | 7 | 3 | why |",
        "| 2026-11-26 | Unheard | statements | 2 | 3 | why |",
        "| 2026-11-26 | Quota | colour | 2 | 3 | why |",
        "| 2026-11-26 | Quota | all | | p95_ms 1 | why |",
        "| yesterday | Quota | statements | 2 | 3 | why |",
    ],
)
def test_a_line_says_why_and_what_was_so(line: str) -> None:
    with pytest.raises(LogInvalid):
        missing(f"{LOG}\n{line}", BUDGETS, TODAY)


def test_the_page_shows_a_budget_as_it_is_and_explains_each_number() -> None:
    page = (ROOT / "docs" / "performance" / "budgets.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    table = tomllib.loads((FOLDER / "budgets.toml").read_text())
    assert tomllib.loads(example) == {"Quota": table["Quota"]}
    explained = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| ", page, re.MULTILINE)
    numbers = [name for names in explained for name in re.findall(r"`(\w+)`", names)]
    names = [one.name for one in fields(Budget)]
    assert names == [one for one in numbers if one in names]


@pytest.mark.heavy
def test_the_wheel_has_documents_and_budgets(tmp_path: Path) -> None:
    build = "from hatchling.builders.wheel import WheelBuilder as W; import sys; "
    build += "print(*W(sys.argv[1]).build(directory=sys.argv[2], versions=['standard']))"
    made = subprocess.run(
        [sys.executable, "-c", build, str(ROOT), str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
    )
    folder = "gql/documents/files/"
    names = {name for name in ZipFile(made.stdout.split()[-1]).namelist() if folder in name}
    wanted = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert {name.removeprefix(folder) for name in names} == wanted
