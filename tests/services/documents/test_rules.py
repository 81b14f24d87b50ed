"""Who is said to use a document, and what tools are called."""

import pytest

from services.documents.identifiers import hash_of
from services.documents.records import RegisteredDocument, ToolLimits
from services.documents.rules import client_name_of, counted_client, least, tool_names


@pytest.mark.parametrize(
    ("offered", "account_id", "client"),
    [
        ("web", None, "web"),
        ("web", 7, "web"),
        (None, 7, "account:7"),
        ("", 7, "account:7"),
        (None, None, None),
        ("a\tb", None, "unknown"),
        ("n" * 100, None, "n" * 100),
        ("n" * 101, None, "unknown"),
        ("ü", None, "unknown"),
    ],
)
def test_the_name_of_a_client(
    offered: str | None, account_id: int | None, client: str | None
) -> None:
    assert client_name_of(offered, account_id) == client


@pytest.mark.parametrize(
    ("publishers", "client", "account_id", "user"),
    [
        (["web"], None, None, "web"),
        (["web", "ios"], None, None, "unknown"),
        (["web", "ios"], "ios", None, "ios"),
        (["web", "ios"], "ios", 7, "ios"),
        (["web"], "account:7", 7, "account:7"),
        (["web"], "invented", 7, "account:7"),
        (["web"], "invented", None, "unknown"),
        (["web"], "unknown", None, "unknown"),
    ],
)
def test_a_use_is_counted_under_a_name_that_cannot_be_invented(
    publishers: list[str], client: str | None, account_id: int | None, user: str
) -> None:
    assert counted_client(publishers, client, account_id) == user


def document(name: str, text: str, tool: ToolLimits | None) -> RegisteredDocument:
    return RegisteredDocument(hash_of(text), name, text, ("web",), tool=tool)


def test_tools_are_called_like_their_operations_unless_that_is_another_too() -> None:
    usual = ToolLimits()
    one, two, alone, long_one = (
        document("Same", "a", usual),
        document("Same", "b", usual),
        document("Alone", "c", usual),
        document("L" * 200, "d", usual),
    )
    named = tool_names([one, alone, two, document("No", "e", None), long_one])
    digits = {text: hash_of(text).partition(":")[2][:12] for text in "abd"}
    assert named == {
        f"Same-{digits['a']}": one,
        f"Same-{digits['b']}": two,
        "Alone": alone,
        f"{'L' * 51}-{digits['d']}": long_one,
    }
    assert max(map(len, named)) == 64


def test_of_several_limits_the_least_of_each_hold() -> None:
    assert least([]) is None
    assert least([None, ToolLimits(cost_per_call=3)]) == ToolLimits(cost_per_call=3)
    assert least([ToolLimits(cost_per_call=3), ToolLimits(ms_per_day=20_000)]) == ToolLimits(
        cost_per_call=3, ms_per_day=20_000
    )
