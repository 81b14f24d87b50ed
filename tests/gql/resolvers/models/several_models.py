"""A server with three models behind one stand-in, each with faults of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.chat import QUICK_RETRIES, Chat
from tests.fixtures.servers.server import serving, settings_for
from tests.fixtures.stores.world import ADA, NOW

LARGE, SMALL, SPARE = "large", "small", "spare"
FILE = """
currency = "EUR"
title_model = "small"

[[models]]
name = "large"
display_name = "The large one"
base_url = "{url}"
model = "provider-large"
context_tokens = 4000
prompt_price = 2
cached_prompt_price = 0.5
completion_price = 8

[[models]]
name = "small"
base_url = "{url}"
context_tokens = 2000
prompt_price = 0.15
completion_price = 0.6

[[models]]
name = "spare"
base_url = "{url}"
context_tokens = 2000
prompt_price = 0
completion_price = 0
"""
PARTS = "parts { model start promptTokens cachedTokens completionTokens reasoningTokens }"
SEND = (
    """mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
  conversation { id title } message { id }
  reply { id status content generation { model attempts promptTokens completionTokens """
    + PARTS
    + """ } }
  userErrors { code field } } }"""
)
USAGE = """query ($from: Date!, $to: Date!) { viewer { modelUsage(from: $from, to: $to) {
  usageDate model promptTokens cachedTokens completionTokens reasoningTokens costMicros currency
} } }"""
TODAY = {"from": NOW.date().isoformat(), "to": NOW.date().isoformat()}


def model_file(folder: Path, url: str, text: str = FILE) -> Path:
    """The file of the models."""
    path = folder / "models.toml"
    path.write_text(text.format(url=url))
    return path


# Any: settings have values of many types.
@contextmanager
def chat_with_models(
    url: str, folder: Path, stand_in: StandInControl, **others: Any
) -> Iterator[Chat]:
    """The server, on the database at `url`."""
    given = {
        "chat_llm_models": model_file(folder, stand_in.url),
        "serve_runs_worker": False,
        **QUICK_RETRIES,
        **others,
    }
    with serving(settings_for(url, folder, **given)) as api:
        yield Chat(api, url, stand_in)


# Any: JSON.
def send(chat: Chat, content: str = "How do I begin?", **input_: Any) -> dict[str, Any]:
    """What sending a message of Ada's gives."""
    given = {"idempotencyKey": token_hex(), "content": content} | input_
    return chat.payload(SEND, given)


# Any: JSON.
def usage(chat: Chat, **caller: Any) -> dict[str, dict[str, Any]]:
    """What the models took for Ada today, by model."""
    found = chat.api.data(USAGE, TODAY, **({"viewer": ADA} | caller))["viewer"]["modelUsage"]
    return {one.pop("model"): one for one in found}


def written_by(reply: dict[str, Any]) -> list[tuple[str, str]]:
    """The models of a reply, each with its part of the text."""
    text = reply["content"].encode("utf-16-le")
    parts = reply["generation"]["parts"]
    ends = [*(one["start"] for one in parts[1:]), len(text) // 2]
    return [
        (one["model"], text[one["start"] * 2 : end * 2].decode("utf-16-le"))
        for one, end in zip(parts, ends, strict=True)
    ]
