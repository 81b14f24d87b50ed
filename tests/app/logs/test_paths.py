"""What the log says of a request's path."""

import pytest

from app.http.request_context import loggable_path


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/graphql", "/graphql"),
        ("/exports/a-secret", "/exports"),
        ("/chat", "/chat"),
        ("/chat/stream", "/chat/stream"),
        ("/chat/stream/a/b/stop", "/chat/stream"),
        ("/chat/streams", "/chat"),
        ("//chat/stream", "/chat"),
        ("/" + "x" * 200, "/" + "x" * 99 + "…"),
        ("/a\nb", "/a\\nb"),
    ],
)
def test_paths_without_what_may_be_secret(path: str, logged: str) -> None:
    assert loggable_path(path) == logged
