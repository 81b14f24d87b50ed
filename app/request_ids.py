"""The ids of requests: the client's own where it is a harmless one, otherwise a new one."""

import os
import re
from itertools import count

REQUEST_ID = b"x-request-id"
_PROCESS, _numbers = os.urandom(8).hex(), count()
_ACCEPTABLE_ID = re.compile(rb"[A-Za-z0-9._:-]{8,128}")


def request_id_from(offered: bytes | None) -> str:
    """The caller's request id where it is a harmless one, otherwise a new one."""
    if offered is not None and _ACCEPTABLE_ID.fullmatch(offered):
        return offered.decode()
    return f"{_PROCESS}{next(_numbers):016x}"
