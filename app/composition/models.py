"""The language models: one by the environment, or several by a file."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from app.settings import Settings
from app.settings.model_file import ConfiguredModel, ModelFile, client_config
from clients.llm.context.fitting_model import FittingModel
from clients.llm.context.window import TokenWindow
from clients.llm.opening import open_language_model
from services.generation.models.catalogue import ChatModel, ModelCatalogue
from services.guidance.records import ContextWindow

_CHARACTERS_PER_TOKEN = 4
_MOST_CHARACTERS_PER_TOKEN = 16
"""No tokenizer makes fewer tokens of a real text."""
_MOST_MESSAGES = 100


@asynccontextmanager
async def open_models(settings: Settings) -> AsyncIterator[ModelCatalogue]:
    """Open the connections to the models; leaving the block closes them."""
    async with AsyncExitStack() as stack:
        if settings.model_file is None:
            models = [await _open_only_model(stack, settings)]
        else:
            models = [
                await _open_model(stack, settings, one, settings.model_file.currency)
                for one in settings.model_file.models
            ]
        yield ModelCatalogue(tuple(models), settings.chat_llm_timeout_seconds)


def title_model(settings: Settings, models: ModelCatalogue) -> ChatModel:
    """The model that gives titles."""
    name = settings.model_file and settings.model_file.title_model
    return models.named((name,) if name else None)[0]


def context_window(settings: Settings) -> ContextWindow:
    """How much of a conversation models are given, before it is fitted into their windows."""
    messages, characters = (
        settings.chat_context_window_messages,
        settings.chat_context_max_characters,
    )
    if settings.model_file is not None:
        given = settings.model_fields_set
        if "chat_context_window_messages" not in given:
            messages = _MOST_MESSAGES
        if "chat_context_max_characters" not in given:
            characters = _most_characters(settings.model_file)
    return ContextWindow(messages, characters)


async def _open_only_model(stack: AsyncExitStack, settings: Settings) -> ChatModel:
    """The model of `CHAT_LLM_MODEL`, which is given what our own limits allow."""
    name = settings.chat_llm_model
    model = await stack.enter_async_context(open_language_model(settings.language_model))
    context_tokens = max(1, settings.chat_context_max_characters // _CHARACTERS_PER_TOKEN)
    return ChatModel(name, model, display_name=name, context_tokens=context_tokens)


async def _open_model(
    stack: AsyncExitStack, settings: Settings, configured: ConfiguredModel, currency: str
) -> ChatModel:
    config = client_config(
        configured,
        timeout_seconds=settings.chat_llm_timeout_seconds,
        most_characters=settings.chat_reply_max_characters,
        retries=settings.retries,
    )
    window = TokenWindow(configured.context_tokens, configured.room_for_reply)
    model = await stack.enter_async_context(open_language_model(config))
    return ChatModel(
        configured.name,
        FittingModel(model, window),
        display_name=configured.display_name or configured.name,
        context_tokens=configured.context_tokens,
        window=window,
        price=configured.price(currency),
    )


def _most_characters(models: ModelFile) -> int:
    return max(one.context_tokens for one in models.models) * _MOST_CHARACTERS_PER_TOKEN
