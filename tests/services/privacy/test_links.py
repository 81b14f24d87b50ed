"""Links: shown again, not guessed, and worth nothing without the secret."""

import pytest

from services.privacy.links import Links, token_hash

LINKS = Links(lambda: b"secret", base_url="https://api.example")
OTHERS = Links(lambda: b"another secret", base_url=None)


def test_the_link_of_an_archive_is_the_same_each_time() -> None:
    url = LINKS.export_url("7-abc.zip")
    assert url == LINKS.export_url("7-abc.zip")
    assert url == f"https://api.example/exports/{LINKS.export_token('7-abc.zip')}"
    assert len(LINKS.export_token("7-abc.zip")) == 43


def test_a_token_depends_on_the_secret_and_the_archive() -> None:
    tokens = {
        LINKS.export_token("7-abc.zip"),
        LINKS.export_token("7-abd.zip"),
        OTHERS.export_token("7-abc.zip"),
    }
    assert len({token_hash(token) for token in tokens}) == 3


def test_without_a_base_links_are_relative() -> None:
    assert OTHERS.export_url("7-abc.zip").startswith("/exports/")
    assert OTHERS.receipt_url(7).startswith("/receipts/7.")


def test_a_receipts_token_names_its_request() -> None:
    assert LINKS.request_id_of_receipt(LINKS.receipt_token(7)) == 7


@pytest.mark.parametrize(
    "token",
    [
        "",
        "7",
        "7.",
        "x.y",
        "\u0667.y",
        f"{2**63}.y",
        LINKS.receipt_token(7).replace("7", "8", 1),
        OTHERS.receipt_token(7),
        f"0{LINKS.receipt_token(7)}",
        f"{LINKS.receipt_token(7)}é",
    ],
)
def test_any_other_token_opens_no_receipt(token: str) -> None:
    assert LINKS.request_id_of_receipt(token) is None
