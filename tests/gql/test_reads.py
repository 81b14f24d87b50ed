"""What each part of the schema answers about the small world."""

from tests.fixtures.server import Api
from tests.fixtures.world import ADA


def test_a_viewer_is_known_by_the_token(api: Api) -> None:
    viewer = api.data("{ viewer { id email createdAt } }", viewer=ADA)["viewer"]
    assert viewer == {
        "id": "VXNlcjox",
        "email": "ada@example.com",
        "createdAt": "2025-01-16T09:30:00Z",
    }


def test_nobody_is_nobody(api: Api) -> None:
    document = "{ viewer { id } enterpriseAccount { id } ops { operationSlos { requests } } }"
    assert api.data(document) == {"viewer": None, "enterpriseAccount": None, "ops": None}
