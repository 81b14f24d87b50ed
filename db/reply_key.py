"""What finds the row of a reply."""

from typing import NamedTuple


class ReplyKey(NamedTuple):
    """A reply, and the person or company whose it is."""

    tenant_id: int
    reply_id: int
