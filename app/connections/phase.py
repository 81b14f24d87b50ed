"""How far a connection is with a request."""

from enum import Enum, auto


class Phase(Enum):
    """What of a request is read next."""

    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    ANSWERING = auto()
    REFUSED = auto()
