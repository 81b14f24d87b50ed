"""The held model keeps nothing of what it was asked, so that kept memory is the server's."""

import httpx2

from perf.gate.execution.pausable_model import pausable_model

ASKED = {"model": "any", "messages": [{"role": "user", "content": "Hello"}]}


async def seen_of_calls(count: int) -> tuple[object, object]:
    """How many calls the model says it received, and those that it remembers."""
    async with pausable_model() as model, httpx2.AsyncClient() as http:
        model.resume()
        for _ in range(count):
            (await http.post(f"{model.url}/chat/completions", json=ASKED)).raise_for_status()
        seen = (await http.get(f"{model.url.removesuffix('/v1')}/control")).json()
    return seen["counts"]["received"], seen["calls"]


async def test_no_call_is_remembered() -> None:
    assert await seen_of_calls(3) == (3, [])
