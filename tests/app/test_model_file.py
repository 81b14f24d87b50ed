"""The file of `CHAT_LLM_MODELS`: what it holds, and one line for what is wrong with it."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from app.composition.models import context_window
from app.settings import InvalidSettings, Settings, load_settings
from app.settings.model_file import api_key, client_config
from services.generation.models.prices import Price
from services.guidance.records import ContextWindow

MODEL = """
[[models]]
name = "large"
base_url = "https://model.example/v1"
api_key_variable = "LARGE_KEY"
context_tokens = 8000
prompt_price = 2.5
completion_price = "10"
"""


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """The settings name a file."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("CHAT_LLM_MODELS", str(tmp_path / "models.toml"))
    monkeypatch.setenv("LARGE_KEY", "sk-secret")
    return monkeypatch


def load(folder: Path, text: str) -> Settings:
    (folder / "models.toml").write_text(text)
    return load_settings()


def test_a_model_and_what_is_left_out(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("CHAT_LLM_TIMEOUT_SECONDS", "7")
    settings = load(tmp_path, MODEL)
    assert settings.model_file is not None
    (model,) = settings.model_file.models
    assert (model.room_for_reply, api_key(model)) == (2_000, "sk-secret")
    assert model.price("USD") == Price("USD", Decimal("2.5"), Decimal("2.5"), Decimal(10))
    config = client_config(model, timeout_seconds=7, most_characters=9, retries=settings.retries)
    assert (config.name, config.model, config.timeout_seconds) == ("large", "large", 7)
    assert "sk-secret" not in repr(config) + repr(settings)
    assert not settings.uses_stand_in
    assert context_window(settings) == ContextWindow(100, 8_000 * 16)
    environment.setenv("CHAT_CONTEXT_WINDOW_MESSAGES", "6")
    environment.setenv("CHAT_CONTEXT_MAX_CHARACTERS", "500")
    assert context_window(load_settings()) == ContextWindow(6, 500)


def test_the_file_that_the_page_shows(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/operating/model.md").read_text()
    (shown,) = re.findall("```toml\n(.*?)```", page, re.DOTALL)
    for name in re.findall('api_key_variable = "(.+?)"', shown):
        environment.setenv(name, "sk-secret")
    assert load(tmp_path, shown).model_file is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "models: Field required"),
        ("models = []", "models: Tuple should have at least 1 item"),
        ("[[models]", "is not TOML"),
        (MODEL * 2, "there are several models called large"),
        (MODEL.replace("8000", "0"), "context_tokens: Input should be greater"),
        (MODEL.replace("2.5", "-1"), "prompt_price: Input should be greater than or equal to 0"),
        (MODEL.replace('"10"', "nan"), "completion_price: "),
        (MODEL.replace("https", "ftp"), "base_url: String should match"),
        (MODEL + "unknown = 1", "unknown: Extra inputs are not permitted"),
        (MODEL + "reply_tokens = 8000", "reply_tokens must be less than context_tokens"),
        ('title_model = "x"' + MODEL, "title_model is none of large"),
        (MODEL.replace('"large"', '"a b"'), "name: String should match"),
        (MODEL.replace("LARGE_KEY", "OTHER_KEY"), "OTHER_KEY, the key of the model large, must be"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    environment: pytest.MonkeyPatch, tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(InvalidSettings) as refused:
        load(tmp_path, text)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    environment.setenv("LARGE_KEY", "with spaces")
    with pytest.raises(InvalidSettings, match="LARGE_KEY"):
        load(tmp_path, MODEL)


def test_a_file_that_is_not_there(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("CHAT_LLM_MODELS", str(tmp_path / "none"))
    with pytest.raises(InvalidSettings, match="none cannot be read: No such file"):
        load_settings()
    environment.setenv("CHAT_LLM_MODELS", str(tmp_path))
    with pytest.raises(InvalidSettings, match="cannot be read"):
        load_settings()
