"""The ids of documents."""

import pytest

from services.documents.identifiers import canonical_id, hash_of, is_document_id

VECTOR = "query($id:ID!){user(id:$id){name}}"
DIGITS = "71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b"


def test_the_vector_of_the_draft() -> None:
    assert hash_of(VECTOR) == f"sha256:{DIGITS}"


def test_the_hash_is_of_the_exact_text_in_utf8() -> None:
    assert hash_of(f"{VECTOR}\n") != hash_of(VECTOR)
    assert hash_of("{ é }") == (
        "sha256:6ed1179be308ef4c2e705b3e9bdb43678ae4f31bfd35e2b11f9aa3addc48a710"
    )


@pytest.mark.parametrize(
    ("id_", "known_as"),
    [
        (DIGITS, f"sha256:{DIGITS}"),
        (f"sha256:{DIGITS}", f"sha256:{DIGITS}"),
        (DIGITS.upper(), DIGITS.upper()),
        (DIGITS[:-1], DIGITS[:-1]),
        ("x-page", "x-page"),
    ],
)
def test_a_bare_hash_is_given_its_prefix(id_: str, known_as: str) -> None:
    assert canonical_id(id_) == known_as


@pytest.mark.parametrize(
    ("id_", "is_known"),
    [
        (f"sha256:{DIGITS}", True),
        ("x-page", True),
        ("x-" + "p" * 198, True),
        ("x-" + "p" * 199, False),
        ("x-", False),
        ("x-a page", False),
        ("x-seite-ü", False),
        (DIGITS, False),
        (f"sha256:{DIGITS.upper()}", False),
        (f"sha256:{DIGITS}0", False),
        (f"sha256:{DIGITS}\n", False),
        ("md5:0", False),
        ("page", False),
        ("", False),
    ],
)
def test_an_id_of_the_draft_is_a_hash_or_begins_with_x(id_: str, *, is_known: bool) -> None:
    assert is_document_id(id_) is is_known
