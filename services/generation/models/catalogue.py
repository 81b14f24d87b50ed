"""The models of this process, in the order in which they are asked."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from clients.llm import LanguageModel, PromptMessage
from clients.llm.context.window import TokenWindow
from services.generation.models.prices import Price
from services.mutations.refusals import Refusal, UserErrorCode


class ModelNotAllowed(Refusal):
    """There is no such model among those that the plan allows."""

    code = UserErrorCode.MODEL_NOT_ALLOWED


class ContextTooLong(Refusal):
    """The message alone is too long for every model that may answer it."""

    code = UserErrorCode.CONTEXT_TOO_LONG


@dataclass(frozen=True, slots=True)
class ChatModel:
    """A model that may write replies; without a `window` it is given whatever fits ours."""

    name: str
    language_model: LanguageModel
    display_name: str = ""
    context_tokens: int = 0
    window: TokenWindow | None = None
    price: Price | None = None

    def has_room(self, prompt: Sequence[PromptMessage]) -> bool:
        """Whether what must be in the prompt fits into the model's context."""
        return self.window is None or self.window.has_room(prompt)


@dataclass(frozen=True, slots=True)
class ModelCatalogue:
    """All models, the default first; a reply may take `timeout_seconds`, whoever writes it."""

    models: tuple[ChatModel, ...]
    timeout_seconds: float = 20.0

    def allowed(self, names: Collection[str] | None) -> tuple[ChatModel, ...]:
        """Those of the names, in our order; all for None."""
        return tuple(one for one in self.models if names is None or one.name in names)

    @property
    def default(self) -> ChatModel:
        """The model that is asked first, where nobody chose."""
        return self.models[0]

    def chain(
        self, names: Collection[str] | None, chosen: str | None = None
    ) -> tuple[ChatModel, ...]:
        """The models that are asked in turn, the chosen one first; raises `ModelNotAllowed`."""
        allowed = self.allowed(names)
        if chosen is not None and chosen not in {one.name for one in allowed}:
            raise ModelNotAllowed("There is no such model, or not in your plan.", field="model")
        if not allowed:
            raise ModelNotAllowed("The plan has no model that is there at present.")
        return tuple(sorted(allowed, key=lambda one: one.name != chosen)) if chosen else allowed

    def named(self, names: Iterable[str] | None) -> tuple[ChatModel, ...]:
        """The models of the names, in theirs order; those that are gone are left out.

        All models, where none is left or none was named.
        """
        by_name = {one.name: one for one in self.models}
        return tuple(by_name[name] for name in names or () if name in by_name) or self.models


def check_has_room(
    chain: Sequence[ChatModel], prompt: Sequence[PromptMessage], *, field: str
) -> None:
    """Raise `ContextTooLong` unless one of the models has room for what the prompt must have."""
    if not any(one.has_room(prompt) for one in chain):
        raise ContextTooLong("This is too long for the model.", field=field)
