"""Answers as JSON. Instants in them are written as the scalar `DateTime` writes them."""

from typing import Any

import orjson

from spans.attribution import attributed_call
from spans.part import Kind, Part


@attributed_call(Part(Kind.ENCODER, "answer"))
# Any: an answer is JSON of the shape that was asked for.
def written(body: Any) -> bytes:
    """The JSON of an answer, or of several, or of a message with one in it."""
    return orjson.dumps(body, option=orjson.OPT_UTC_Z)
