"""Recognises simple requests by a regular expression, to refuse them without parsing."""

import re

_FIELD = (
    rb"(?!(?i:content-length|transfer-encoding|connection|expect|upgrade))[\w-]+:[ -~]*\r\n"
    rb"|(?i:connection: ?keep-alive)\r\n"
)
_HEAD = re.compile(
    rb"POST /graphql HTTP/1\.1\r\n(?:%b)*(?i:content-length): ?([0-9]{1,7})\r\n(?:%b)*\r\n"
    % (_FIELD, _FIELD)
)


def is_simple_post(data: bytes) -> bool:
    """Whether `data` is certainly one complete `POST /graphql` on a keep-alive connection."""
    head = _HEAD.match(data)
    return head is not None and len(data) - head.end() == int(head[1])
