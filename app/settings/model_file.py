"""The file of `CHAT_LLM_MODELS`: which models may write replies, in the order of the fallback."""

import os
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from app.settings.fields.field_types import ApiKey, Positive
from clients.llm.configuration import LanguageModelConfig, RetryPolicy
from services.generation.models.prices import Price

_REPLY_SHARE, _MOST_REPLY_TOKENS = 4, 4_096
_NO_KEY = SecretStr("none")

Money = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=6, allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,79}$")]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class ConfiguredModel(_Section):
    """One `[[models]]`: prices are in units of the currency for a million tokens.

    `model` is its name at the provider, where that is another; its key is in the environment
    variable `api_key_variable`. Of `context_tokens`, `reply_tokens` are left for the reply.
    """

    name: Name
    display_name: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    base_url: str = Field(pattern=r"^https?://[^\s/?#]+[^\s?#]*$")
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    api_key_variable: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    context_tokens: Annotated[Positive, Field(ge=256, le=100_000_000)]
    reply_tokens: Positive | None = None
    prompt_price: Money
    cached_prompt_price: Money | None = None
    completion_price: Money

    @model_validator(mode="after")
    def _leaves_room(self) -> Self:
        if self.room_for_reply >= self.context_tokens:
            raise ValueError("reply_tokens must be less than context_tokens")
        return self

    @property
    def room_for_reply(self) -> int:
        """The tokens of the context that are left for the reply."""
        usual = min(self.context_tokens // _REPLY_SHARE, _MOST_REPLY_TOKENS)
        return self.reply_tokens or usual

    def price(self, currency: str) -> Price:
        """Its prices."""
        cached = self.cached_prompt_price
        usual = self.prompt_price
        return Price(currency, usual, usual if cached is None else cached, self.completion_price)


class ModelFile(_Section):
    """The whole file; `title_model` names the model that gives titles, else it is the first."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    title_model: str | None = None
    models: Annotated[tuple[ConfiguredModel, ...], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _names_are_different(self) -> Self:
        names = [one.name for one in self.models]
        twice = sorted({one for one in names if names.count(one) > 1})
        if twice:
            raise ValueError(f"there are several models called {', '.join(twice)}")
        if self.title_model not in {None, *names}:
            raise ValueError(f"title_model is none of {', '.join(names)}")
        return self


class _Key(BaseModel):
    value: ApiKey


def read_model_file(path: Path) -> ModelFile:
    """Read the file; raises `ValueError` with what is wrong with it, in one line."""
    try:
        found = ModelFile.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{path}: {place}: {reason}" if place else f"{path}: {reason}") from None
    except ValueError as error:
        raise ValueError(f"{path} is not TOML: {error}") from None
    for model in found.models:
        api_key(model)
    return found


def api_key(model: ConfiguredModel) -> str:
    """The model's key; raises `ValueError` where its variable has none that can be sent."""
    variable = model.api_key_variable
    if variable is None:
        return _NO_KEY.get_secret_value()
    try:
        return _Key(value=SecretStr(os.environ.get(variable, ""))).value.get_secret_value()
    except ValidationError:
        raise ValueError(
            f"{variable}, the key of the model {model.name}, must be set, in printable ASCII"
        ) from None


def client_config(
    model: ConfiguredModel,
    *,
    timeout_seconds: float,
    most_characters: int,
    retries: RetryPolicy,
) -> LanguageModelConfig:
    """The configuration of the model's client."""
    return LanguageModelConfig(
        base_url=model.base_url,
        api_key=api_key(model),
        model=model.model or model.name,
        known_as=model.name,
        timeout_seconds=timeout_seconds,
        most_characters=most_characters,
        retries=retries,
    )
