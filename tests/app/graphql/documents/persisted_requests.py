"""Requests for persisted queries, and what answers them."""

from typing import Any

from services.documents.identifiers import hash_of

UNKNOWN = "sha256:" + "0" * 64
PLANS_DATA = {"data": {"plans": [{"code": "basic-entry"}, {"code": "premium-unlimited"}]}}


def plans(name: str) -> str:
    """A document that nobody else registers."""
    return f"query {name} {{ plans {{ code }} }}"


# Any: JSON.
def persisted(text: str, **others: Any) -> dict[str, Any]:
    """The extensions of a request for `text` by its hash."""
    sha256 = hash_of(text).removeprefix("sha256:")
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256} | others}
