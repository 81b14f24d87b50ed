"""Who is said to use a document."""

import pytest

from services.documents.rules import client_name_of, counted_client


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
