"""The types of language models: which there are, what they wrote, and what they took."""

from datetime import date

import strawberry

from gql.schema.scalars import BigInt
from gql.values.mappings import Member, ObjectMapping
from loaders import ModelUseOfDay
from services.generation.models import catalogue
from services.generation.models.calls import Part


@strawberry.type(description="A language model that may write replies.")
class ChatModel:
    """A model of the catalogue."""

    name: str = strawberry.field(description="The name by which `sendMessage` chooses it.")
    display_name: str = strawberry.field(description="The name to show to people.")
    context_tokens: int = strawberry.field(
        description="How many tokens of a conversation, with the reply, it takes in; what is "
        "older is left out."
    )


CHAT_MODEL = ObjectMapping(
    ChatModel,
    {name: Member(name) for name in ("name", "display_name", "context_tokens")},
    source=catalogue.ChatModel,
)


@strawberry.type(
    description="What one model wrote of a reply: from `start` to where the next part starts."
)
class GenerationPart:
    """A part of a reply."""

    model: str = strawberry.field(description="The model that wrote it.")
    start: int = strawberry.field(
        description="Where in the text it begins, in UTF-16 code units, as JavaScript counts."
    )
    prompt_tokens: int | None = strawberry.field(
        description="Tokens read, as the model counts; null where it broke off before it said so."
    )
    cached_tokens: int | None = strawberry.field(
        description="Those of the tokens read that the provider had kept from an earlier prompt."
    )
    completion_tokens: int | None = strawberry.field(
        description="Tokens written, as the model counts, with those of its reasoning."
    )
    reasoning_tokens: int | None = strawberry.field(
        description="Those of the tokens written that are no part of the text."
    )


_TOKENS = ("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens")
GENERATION_PART = ObjectMapping(
    GenerationPart, {name: Member(name) for name in ("model", "start", *_TOKENS)}, source=Part
)


@strawberry.type(description="What one model took on one UTC day.")
class ModelUsage:
    """A day's sum."""

    usage_date: date = strawberry.field(description="The UTC day on which the calls ended.")
    model: str = strawberry.field(description="The model that was used.")
    prompt_tokens: BigInt = strawberry.field(description="Tokens read, as the model counts.")
    cached_tokens: BigInt = strawberry.field(
        description="Those of the tokens read that the provider had kept from an earlier prompt."
    )
    completion_tokens: BigInt = strawberry.field(
        description="Tokens written, as the model counts, titles included."
    )
    reasoning_tokens: BigInt = strawberry.field(description="Part of the completion.")
    cost_micros: BigInt | None = strawberry.field(
        description="Millionths of the currency's unit, by the prices at the time; null for who "
        "may not see prices, which only operators and a company's administrator may, and for "
        "models without a price."
    )
    currency: str | None = strawberry.field(
        description="The currency of the cost, as ISO 4217 writes it; null with it."
    )


MODEL_USAGE = ObjectMapping(
    ModelUsage,
    {name: Member(name) for name in ("usage_date", "model", *_TOKENS, "cost_micros", "currency")},
    source=ModelUseOfDay,
)
MAPPINGS = (CHAT_MODEL, GENERATION_PART, MODEL_USAGE)
