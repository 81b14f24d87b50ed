"""Chunks of a stream as a model sends them."""

import json

DONE = "data: [DONE]\n\n"


def event(body: object) -> str:
    return f"data: {json.dumps(body)}\n\n"


def chunk(text: object = None, finish: object = None) -> str:
    return event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]})


USAGE = event({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}})
WHOLE = chunk("") + chunk("Hel") + chunk("lo")
