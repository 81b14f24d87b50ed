"""The calls to models for one reply: which part of it each wrote, and the tokens it took."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from clients.llm import GenerationReport
from services.generation.models.catalogue import ChatModel
from services.generation.models.prices import cost_micros

MOST_TOKENS = 2**31 - 1
"""The largest count that a message can have."""
_TOKENS = ("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens")
_COUNTS = (*_TOKENS, "cost_micros")


@dataclass(frozen=True, slots=True)
class Part:
    """What one model wrote of a reply, from `start` in UTF-16 code units on."""

    model: str
    start: int
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_micros: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What calls of one model took in all; `unreported` ones are those that said no tokens."""

    model: str
    currency: str
    calls: int
    unreported: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cost_micros: int


@dataclass(slots=True)
class Call:
    """One model's turn at a reply; `length` is what it wrote, in UTF-16 code units."""

    model: ChatModel
    start: int
    report: GenerationReport
    length: int = 0

    @property
    def is_reported(self) -> bool:
        """Whether the model has said how many tokens it took."""
        return self.report.prompt_tokens is not None or self.report.completion_tokens is not None

    @property
    def is_part(self) -> bool:
        """Whether anything came of it that is to be recorded."""
        return bool(self.length) or self.is_reported

    @property
    def part(self) -> Part:
        """What is recorded of it."""
        report, price = self.report, self.model.price
        return Part(
            self.model.name,
            self.start,
            report.prompt_tokens,
            report.cached_tokens,
            report.completion_tokens,
            report.reasoning_tokens,
            cost_micros(price, report),
            price.currency if price else None,
        )


@dataclass(slots=True)
class Calls:
    """The calls of this process for one reply, after the `earlier` parts of other processes."""

    model: str
    """The model that is to be asked first."""
    earlier: tuple[Part, ...] = ()
    attempts: int = 0
    """How often earlier processes asked a model."""
    made: list[Call] = field(default_factory=list)

    def begin(self, model: ChatModel, start: int) -> Call:
        """Record that a model is asked for the text from `start` on."""
        call = Call(model, start, GenerationReport(model.name))
        self.made.append(call)
        return call

    @property
    def has_seam(self) -> bool:
        """Whether the text that is asked for just now is not simply the first model's."""
        call = self.made[-1]
        before = self.earlier[-1].model if self.earlier else self.model
        return call.model.name != before or len(self.made) > 1

    @property
    def parts_so_far(self) -> tuple[Part, ...]:
        """The parts, with the one that is only just asked for."""
        call = self.made[-1]
        return _joined((*self.parts, *(() if call.is_part else (call.part,))))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of the reply; those that follow each other and are of one model are one."""
        calls = [one.part for one in self.made if one.is_part]
        return _joined((*self.earlier, *calls)) if self.earlier or len(calls) > 1 else tuple(calls)

    @property
    def uses(self) -> tuple[ModelUse, ...]:
        """What the calls of this process took, by model."""
        by_model: dict[tuple[str, str], list[Call]] = defaultdict(list)
        for call in self.made:
            if call.is_part:
                price = call.model.price
                by_model[call.model.name, price.currency if price else ""].append(call)
        return tuple(_use(*key, calls) for key, calls in sorted(by_model.items()))

    @property
    def report(self) -> GenerationReport:
        """The reply as a whole: by the model that was asked last, with the tokens of all parts."""
        if len(self.made) == 1 and not self.earlier and not self.attempts:
            return self.made[0].report
        parts = self.parts
        return GenerationReport(
            self.made[-1].model.name if self.made else self.model,
            self.attempts + sum(one.report.attempts for one in self.made),
            **{name: _most(_sum(getattr(one, name) for one in parts)) for name in _TOKENS},
        )


def utf16_length(text: str) -> int:
    """The length of a text in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def written_parts(parts: Iterable[Part], text: str, first_model: str) -> tuple[Part, ...]:
    """The parts of a text that was stored; without any, all of it is the first model's."""
    if not text:
        return ()
    length = utf16_length(text)
    return tuple(one for one in parts if one.start < length) or (Part(first_model, 0),)


def _joined(parts: Iterable[Part]) -> tuple[Part, ...]:
    joined: list[Part] = []
    for part in parts:
        if joined and (joined[-1].model, joined[-1].currency) == (part.model, part.currency):
            last = joined.pop()
            joined.append(_sum_of(last, part))
        else:
            joined.append(part)
    return tuple(joined)


def _sum_of(part: Part, next_: Part) -> Part:
    counts = {name: _sum(getattr(one, name) for one in (part, next_)) for name in _COUNTS}
    return Part(
        part.model,
        part.start,
        **{name: _most(counts[name]) for name in _TOKENS},
        cost_micros=counts["cost_micros"],
        currency=part.currency,
    )


def _use(model: str, currency: str, calls: list[Call]) -> ModelUse:
    parts = [one.part for one in calls]
    return ModelUse(
        model,
        currency,
        calls=len(calls),
        unreported=[one.is_reported for one in calls].count(False),
        prompt_tokens=sum([one.prompt_tokens or 0 for one in parts]),
        cached_tokens=sum([one.cached_tokens or 0 for one in parts]),
        completion_tokens=sum([one.completion_tokens or 0 for one in parts]),
        reasoning_tokens=sum([one.reasoning_tokens or 0 for one in parts]),
        cost_micros=sum([one.cost_micros or 0 for one in parts]),
    )


def _sum(counts: Iterable[int | None]) -> int | None:
    """The sum of those that are known; None where none is."""
    known = [one for one in counts if one is not None]
    return sum(known) if known else None


def _most(tokens: int | None) -> int | None:
    return None if tokens is None else min(tokens, MOST_TOKENS)
