"""What the head of a request decides before anything else is looked at."""

import pytest

from app.http.request_head import RequestHead

TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"


@pytest.mark.parametrize(
    ("traceparent", "sampled"),
    [
        (TRACE + b"01", True),
        (TRACE + b"00", False),
        (TRACE + b"03", True),
        (TRACE + b"0e", False),
        (TRACE.replace(b"00-", b"ff-", 1) + b"01", None),
        (b"00-" + b"0" * 32 + b"-b7ad6b7169203331-01", None),
        (b"00-0af7651916cd43dd8448eb211c80319c-" + b"0" * 16 + b"-01", None),
        (TRACE.upper() + b"01", None),
        (b"01", None),
        (b"", None),
    ],
)
def test_what_the_caller_says_of_its_trace(traceparent: bytes, *, sampled: bool | None) -> None:
    head = RequestHead([(b"traceparent", traceparent)])
    named = None if sampled is None else "0af7651916cd43dd8448eb211c80319c"
    assert (head.sampled, head.trace_id) == (sampled, named)
    assert (RequestHead([]).sampled, RequestHead([]).trace_id) == (None, None)


def test_of_several_fields_of_one_name_the_first_counts() -> None:
    head = RequestHead([(b"x-request-id", b"first"), (b"x-request-id", b"second")])
    assert (head.offered_id, head.fields) == (b"first", {b"x-request-id": b"first"})


def test_what_a_proxy_has_passed_on_is_known_by_its_fields() -> None:
    assert RequestHead([(b"x-forwarded-for", b"192.0.2.1")]).is_forwarded
    assert not RequestHead([(b"forwarded", b"for=192.0.2.1")]).is_forwarded
