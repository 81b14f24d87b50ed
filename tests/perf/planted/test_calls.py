"""Calls, and larger rows, that no statement shows: each is named with whoever calls it."""

from pathlib import Path

import pytest

from tests.perf.planted.planted_source import PER_REQUEST, Edit, Ran, assert_caught, planted

SCHEMA = "gql/schema/enterprise/account.py"
MIDDLEWARE = "app/http/request_context.py:RequestContextMiddleware.__call__"
CALLED = "called by gql/schema/enterprise/account.py:<lambda>, and 12 more for n"
COLUMN = 'Column("key_id", key_prefix)'
PER_ROW = Edit(SCHEMA, COLUMN, 'Column("key_id", lambda text: key_prefix(text).lower())')
JSON_PER_ROW = (
    Edit(SCHEMA, "import strawberry\n", "import json\n\nimport strawberry\n"),
    Edit(
        SCHEMA,
        COLUMN,
        'Column("key_id", lambda text: json.loads(json.dumps(key_prefix(text))))',
    ),
)
LARGER_ROW = Edit(
    "db/queries/enterprise/credentials.py",
    "    EnterpriseCredential.key_id,\n    _status_now.label",
    "    EnterpriseCredential.key_id,\n    EnterpriseCredential.secret_hash,\n"
    "    _status_now.label",
)


def gate(url: str, folder: Path, name: str, *fault: Edit) -> Ran:
    source = planted(folder, *fault, is_committed=True)
    return source.guidance("perf", "gate", "--document", name, "--url", url)


@pytest.mark.planted
def test_calls_for_each_row_and_a_call_for_each_request(crowd: str, tmp_path: Path) -> None:
    assert_caught(
        gate(crowd, tmp_path, "ApiCredentials", PER_ROW, PER_REQUEST),
        "ApiCredentials: 2 calls of functions in Python for each row, where at most 1 are agreed",
        "24 more of gql/schema/enterprise/account.py:<lambda>, called by <compiled operation>:",
        f"1 more of {MIDDLEWARE}.<locals>.<lambda>, called by {MIDDLEWARE}",
        "5 calls of functions in C for each row, where at most 4 are agreed",
        f"24 more of str.lower, {CALLED}",
    )


@pytest.mark.planted
def test_a_call_for_each_request_is_in_every_document(crowd: str, tmp_path: Path) -> None:
    for number, name in enumerate(("Quota", "Plans", "EnterpriseUsage")):
        assert_caught(
            gate(crowd, tmp_path / str(number), name, PER_REQUEST),
            f"1 more of {MIDDLEWARE}.<locals>.<lambda>, called by {MIDDLEWARE}\n",
        )


@pytest.mark.planted
def test_a_library_that_is_called_for_each_row(crowd: str, tmp_path: Path) -> None:
    assert_caught(
        gate(crowd, tmp_path, "ApiCredentials", *JSON_PER_ROW),
        f"24 more of json/__init__.py:dumps, {CALLED}",
        f"24 more of json/__init__.py:loads, {CALLED}",
        "for each row, where at most 1 are agreed",
    )


@pytest.mark.planted
def test_rows_that_are_larger_than_they_have_to_be(crowd: str, tmp_path: Path) -> None:
    assert_caught(
        gate(crowd, tmp_path, "ApiCredentials", LARGER_ROW),
        "ApiCredentials: 2036 fetched bytes, where at most 1268 are agreed "
        "(credentials.by_account 2002, ",
    )
