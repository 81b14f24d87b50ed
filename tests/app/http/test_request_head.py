"""What the head of a request decides before anything else is looked at."""

import pytest

from app.http.request_head import RequestHead

TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"


@pytest.mark.parametrize(
    ("traceparent", "asks"),
    [
        (TRACE + b"01", True),
        (TRACE + b"00", False),
        (TRACE + b"03", True),
        (b"01", False),
        (b"", False),
    ],
)
def test_a_client_that_samples_a_request_has_it_traced(traceparent: bytes, *, asks: bool) -> None:
    assert RequestHead([(b"traceparent", traceparent)]).asks_for_trace is asks
    assert not RequestHead([]).asks_for_trace


def test_of_several_fields_of_one_name_the_first_counts() -> None:
    head = RequestHead([(b"x-request-id", b"first"), (b"x-request-id", b"second")])
    assert (head.offered_id, head.fields) == (b"first", {b"x-request-id": b"first"})


def test_what_a_proxy_has_passed_on_is_known_by_its_fields() -> None:
    assert RequestHead([(b"x-forwarded-for", b"192.0.2.1")]).is_forwarded
    assert not RequestHead([(b"forwarded", b"for=192.0.2.1")]).is_forwarded
