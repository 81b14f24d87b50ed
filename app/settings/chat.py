"""Settings of the language models that generate replies, and of what they are given."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, PrivateAttr, SecretStr, model_validator

from app.settings.fields.base import SettingsGroup
from app.settings.fields.field_types import ApiKey, Positive, Seconds
from app.settings.model_file import ModelFile, read_model_file
from clients.llm.configuration import MOST_CHARACTERS, LanguageModelConfig, RetryPolicy

STAND_IN = "stand-in"
STAND_IN_URL = "http://127.0.0.1:8001/v1"


class ChatSettings(SettingsGroup):
    """The language model, its retries, its context, and the lease of a reply."""

    chat_llm_base_url: str = Field(
        STAND_IN_URL,
        description="The OpenAI-compatible API of the language model; by default the stand-in, "
        "where `guidance llm-standin` serves it.",
        pattern=r"^https?://[^\s/]+",
    )
    chat_llm_api_key: ApiKey = Field(SecretStr(STAND_IN), description="The key for that API.")
    chat_llm_model: str = Field(STAND_IN, description="The name of the model.", min_length=1)
    chat_llm_models: Path | None = Field(
        None,
        description="A TOML file of models, in the order in which they are asked; it takes the "
        "place of the one model above.",
    )
    chat_titles: bool = Field(
        True,
        description="Whether the model gives a conversation its title, after the first reply; "
        "otherwise it is the start of the first message.",
    )
    chat_llm_timeout_seconds: Annotated[Seconds, Field(gt=0)] = Field(
        20, description="The longest that a whole reply may take, retries included."
    )
    chat_reply_max_characters: Annotated[Positive, Field(le=1_000_000)] = Field(
        MOST_CHARACTERS,
        description="The most characters of a reply; a longer one is cut and marked as failed.",
    )
    chat_llm_retry_count: int = Field(2, ge=0, description="Retries after the first attempt.")
    chat_llm_retry_backoff_seconds: Seconds = Field(
        0.2,
        description="The wait before the first retry, doubled for each further one; with 0, and "
        "jitter 0, there is no wait.",
    )
    chat_llm_retry_backoff_max_seconds: Seconds = Field(
        1.5, description="The longest wait, unless the model asks for a longer one."
    )
    chat_llm_retry_jitter_seconds: Seconds = Field(
        0.1, description="The most that a random jitter adds to a wait."
    )
    chat_context_window_messages: Positive = Field(
        12,
        description="The most messages of a conversation that the model is given; 100 where "
        "nothing is set and `CHAT_LLM_MODELS` is.",
    )
    chat_context_max_characters: Positive = Field(
        4_000,
        description="The most characters of a conversation that the model is given; as many as "
        "its context window has room for, where nothing is set and `CHAT_LLM_MODELS` is.",
    )
    chat_reply_lease_seconds: Annotated[Seconds, Field(gt=0)] = Field(
        30,
        description="How long a process that generates a reply may be silent before another goes on"
        " with it.",
    )

    _model_file: ModelFile | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _reads_its_models(self) -> "ChatSettings":
        if self.chat_llm_models is not None:
            self._model_file = read_model_file(self.chat_llm_models)
        return self

    @model_validator(mode="after")
    def _production_has_a_model(self) -> "ChatSettings":
        if self.is_production and self.uses_stand_in:
            raise ValueError("production needs CHAT_LLM_BASE_URL or CHAT_LLM_MODELS")
        return self

    @property
    def uses_stand_in(self) -> bool:
        """Whether no model is configured, so that the stand-in is used."""
        return "chat_llm_base_url" not in self.model_fields_set and self.chat_llm_models is None

    @property
    def model_file(self) -> ModelFile | None:
        """The models of `CHAT_LLM_MODELS`, if it is set."""
        return self._model_file

    @property
    def retries(self) -> RetryPolicy:
        """How often and when a model is asked again."""
        return RetryPolicy(
            retry_count=self.chat_llm_retry_count,
            backoff_seconds=self.chat_llm_retry_backoff_seconds,
            backoff_max_seconds=self.chat_llm_retry_backoff_max_seconds,
            jitter_seconds=self.chat_llm_retry_jitter_seconds,
        )

    @property
    def language_model(self) -> LanguageModelConfig:
        """The configuration of the client of the one model."""
        return LanguageModelConfig(
            base_url=self.chat_llm_base_url,
            api_key=self.chat_llm_api_key.get_secret_value(),
            model=self.chat_llm_model,
            timeout_seconds=self.chat_llm_timeout_seconds,
            most_characters=self.chat_reply_max_characters,
            retries=self.retries,
        )
