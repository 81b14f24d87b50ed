"""What models took: by kind and day, who may see the cost, and the provider's count."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.app.cli.ended_command import ended
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.chat import Chat
from tests.fixtures.servers.server import issue_key
from tests.fixtures.stores.world import ADA, ADAS_COMPANY, GRACE, NOW
from tests.gql.resolvers.models.several_models import (
    LARGE,
    PARTS,
    SMALL,
    TODAY,
    USAGE,
    chat_with_models,
    model_file,
    send,
    usage,
)

COMPANYS = """query ($from: Date!, $to: Date!) { enterpriseAccount {
  modelUsage(from: $from, to: $to) {
    model promptTokens completionTokens costMicros currency } } }"""
ADMINISTERED = """query ($from: Date!, $to: Date!) { viewer { id } enterpriseAccount {
  modelUsage(from: $from, to: $to) {
    model promptTokens completionTokens costMicros currency } } }"""
GENERATE = (
    "mutation ($input: GenerateGuidanceInput!) { generateGuidance(input: $input) { text generation "
    "{ model promptTokens " + PARTS + " } userErrors { code field } } }"
)
QUESTION = {"situation": "We have two compilers.", "objective": "Have one."}


@pytest.fixture
def chat(own_world: str, tmp_path: Path, stand_in: StandInControl) -> Iterator[Chat]:
    with chat_with_models(own_world, tmp_path, stand_in) as chat:
        yield chat


def bill(stand_in: StandInControl, folder: Path) -> Path:
    """The provider's bill, as of the day on which the tests take place."""
    page = orjson.loads(stand_in.bill())
    for bucket in page["data"]:
        bucket["start_time"] = int(datetime(*NOW.timetuple()[:3], tzinfo=UTC).timestamp())
    path = folder / "bill.json"
    path.write_bytes(orjson.dumps(page))
    return path


def test_tokens_are_counted_by_kind_and_cost_what_they_cost_then(
    chat: Chat, stand_in: StandInControl
) -> None:
    stand_in.behave_as("provider-large", usage_prompt_tokens=1_000, usage_completion_tokens=500)
    stand_in.behave_as("provider-large", usage_cached_tokens=400, usage_reasoning_tokens=200)
    (part,) = send(chat)["reply"]["generation"]["parts"]
    assert part == {
        "model": LARGE,
        "start": 0,
        "promptTokens": 1_000,
        "cachedTokens": 400,
        "completionTokens": 500,
        "reasoningTokens": 200,
    }
    send(chat)
    stand_in.behave_as(SMALL, usage_prompt_tokens=11, usage_completion_tokens=7)
    send(chat, model=SMALL)
    seen = {
        "usageDate": TODAY["from"],
        "promptTokens": 2_000,
        "cachedTokens": 800,
        "completionTokens": 1_000,
        "reasoningTokens": 400,
    }
    assert usage(chat)[LARGE] == {**seen, "costMicros": None, "currency": None}
    # 600 * 2 + 400 * 0.5 + 500 * 8, twice.
    costs = usage(chat, roles=("ops",))
    assert costs[LARGE] == {**seen, "costMicros": 10_800, "currency": "EUR"}
    # 11 * 0.15 + 7 * 0.6 = 5.85
    assert costs[SMALL]["costMicros"] == 6
    assert usage(chat, viewer=GRACE) == {}
    stored = chat.rows("SELECT model, cost_micros, currency FROM generation_parts ORDER BY 1, 2")
    assert stored == [(LARGE, 5_400, "EUR")] * 2 + [(SMALL, 6, "EUR")]


@pytest.mark.parametrize("told", [-1, 2**40, None])
def test_a_count_that_is_wrong_or_missing_fails_nothing(
    chat: Chat, stand_in: StandInControl, told: int | None
) -> None:
    if told is None:
        stand_in.behave(reports_usage=False)
    else:
        stand_in.behave(usage_prompt_tokens=told, usage_completion_tokens=told)
    (part,) = send(chat)["reply"]["generation"]["parts"]
    assert {part[one] for one in ("promptTokens", "completionTokens", "cachedTokens")} == {None}
    (row,) = chat.rows("SELECT calls, unreported_calls, prompt_tokens FROM model_daily_usages")
    assert row == (1, 1, 0)


def test_the_days_are_bounded(chat: Chat) -> None:
    for first, last in (("2026-02-20", "2026-02-19"), ("2024-01-01", "2026-02-19")):
        code, _ = chat.api.error(USAGE, {"from": first, "to": last}, viewer=ADA)
        assert code == "BAD_USER_INPUT"
    send(chat)
    yesterday = {"from": "2026-02-19", "to": "2026-02-19"}
    assert chat.api.data(USAGE, yesterday, viewer=ADA)["viewer"]["modelUsage"] == []


def test_a_company_pays_for_its_own_and_its_administrator_sees_the_cost(
    chat: Chat, stand_in: StandInControl
) -> None:
    key = issue_key(chat.database_url, ADAS_COMPANY)

    # Any: JSON.
    def generate(name: str) -> dict[str, Any]:
        given = {"input": {"idempotencyKey": name, **QUESTION}}
        payload: dict[str, Any] = chat.api.data(GENERATE, given, api_key=key)["generateGuidance"]
        return payload

    stand_in.behave_as("provider-large", cut_after=3)
    made = generate("one")
    whole = made["text"].encode("utf-16-le")
    first, second = made["generation"]["parts"]
    assert (first["model"], first["start"], first["promptTokens"]) == (LARGE, 0, None)
    assert (second["model"], second["promptTokens"]) == (
        SMALL,
        made["generation"]["promptTokens"],
    )
    assert whole[: second["start"] * 2].decode("utf-16-le") == "[stand-in] No language"
    assert generate("one") == made

    assert chat.api.data(COMPANYS, TODAY, api_key=key)["enterpriseAccount"] == {"modelUsage": None}
    shown = chat.api.data(ADMINISTERED, TODAY, viewer=ADA)["enterpriseAccount"]["modelUsage"]
    assert [one["model"] for one in shown] == [LARGE, SMALL]
    assert (shown[0]["promptTokens"], shown[1]["currency"]) == (0, "EUR")
    assert shown[1]["promptTokens"] == second["promptTokens"] > 0
    assert shown[1]["costMicros"] > 0
    others = chat.api.data(ADMINISTERED, TODAY, viewer=GRACE)["enterpriseAccount"]
    assert others == {"modelUsage": []}
    assert usage(chat) == {}
    too_long = {"input": {"idempotencyKey": "long", **QUESTION, "situation": "ä" * 8_000}}
    refused = chat.api.data(GENERATE, too_long, api_key=key)["generateGuidance"]
    assert refused["userErrors"] == [{"code": "CONTEXT_TOO_LONG", "field": ["input", "situation"]}]


def test_a_message_that_no_model_has_room_for_is_refused_and_changes_nothing(chat: Chat) -> None:
    used, before = chat.used(), chat.contents()
    refused = send(chat, "ä" * 8_000)
    assert refused["userErrors"] == [{"code": "CONTEXT_TOO_LONG", "field": ["input", "content"]}]
    assert (chat.used(), chat.contents()) == (used, before)
    assert chat.stand_in.counts()["received"] == 0


def test_the_sums_are_the_providers_to_the_token(
    own_world: str,
    tmp_path: Path,
    stand_in: StandInControl,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def reconcile(file: Path) -> tuple[object, str, str]:
        models = str(model_file(tmp_path, stand_in.url))
        command = ("usage", "reconcile", str(file))
        return ended(monkeypatch, capsys, *command, DATABASE_URL=own_world, CHAT_LLM_MODELS=models)

    with chat_with_models(own_world, tmp_path, stand_in, chat_titles=True) as chat:
        stand_in.behave(usage_cached_tokens=2)
        for number in range(3):
            send(chat, f"Number {number}?")
        stand_in.wait_for(finished=6)
        stand_in.behave_as("provider-large", status=503)
        send(chat)
        stand_in.wait_for(finished=8, running=0)
        key = issue_key(own_world, ADAS_COMPANY)
        chat.api.data(GENERATE, {"input": {"idempotencyKey": "1", **QUESTION}}, api_key=key)
        chat.rows("DELETE FROM model_daily_usages")  # as an erasure does
    status, said, failed = reconcile(bill(stand_in, tmp_path))
    assert (status, failed) == (0, "")
    assert said.splitlines()[-1] == "All sums are the same, to the token."
    assert [line.split()[2] for line in said.splitlines()[1:-1]] == ["provider-large", "small"]

    with chat_with_models(own_world, tmp_path, stand_in) as chat:
        stand_in.reset()
        stand_in.behave_as("provider-large", cut_after=5)
        send(chat)
    status, said, failed = reconcile(bill(stand_in, tmp_path))
    assert (status, failed) == (1, "guidance: the sums differ of provider-large, small\n")
    assert "recorded" in said


@pytest.mark.parametrize("content", [b"", b"{}", b'{"data": [{"start_time": 0, "results": [{}]}]}'])
def test_a_file_that_is_no_bill_is_refused_in_one_line(
    content: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    status, said, failed = ended(monkeypatch, capsys, "usage", "reconcile", str(path))
    assert (status, said, failed.count("\n")) == (1, "", 1)
    assert str(path) in failed
