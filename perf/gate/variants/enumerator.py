"""The variants of a document that are run: few, deterministic, derived from its choices."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from gql.documents.budgets.budget import Budget
from gql.documents.budgets.choices import Choice
from gql.documents.budgets.variants import (
    ABSENT,
    ANOTHER,
    CALLER,
    COMPANY,
    FLOW,
    GIVEN,
    NOBODY,
    NULL,
    OPS,
    PERSON,
    Kinds,
    VariantPattern,
)
from perf.gate.variants.covering_arrays import Combination, covering_rows
from perf.gate.variants.value_kinds import EXISTING, value_kinds

_CALLERS = (NOBODY, PERSON, ANOTHER, COMPANY, OPS)
_NOT_APPLICABLE = "-"
"""The kind of an input field whose input object is absent."""
_NOTHING = frozenset({ABSENT, NULL})
_LEFT_OUT = _NOTHING | {_NOT_APPLICABLE}


@dataclass(frozen=True, slots=True)
class Variant:
    """One combination of choices; `refused_because` is None if it must be answered."""

    kinds: Kinds
    refused_because: str | None = None


class VariantEnumerator:
    """Enumerates the variants of one document, the usual variant first."""

    def __init__(
        self,
        choices: Sequence[Choice],
        usual: Kinds,
        callers: Sequence[str],
        budget: Budget,
        flows: Iterable[str] = (),
    ) -> None:
        """`usual` are the kinds its scenario chooses; `callers` the kinds of callers answered.

        `flows` are checked apart, each beside what is usual.
        """
        self._flows = tuple(flows)
        self._choices = choices
        self._usual = usual
        self._callers = callers
        self._budget = budget
        self._domains = {one.name: value_kinds(one) for one in choices}

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """All kinds of each choice, and of callers and flows."""
        kinds = {name: tuple(one.kind for one in values) for name, values in self._domains.items()}
        return kinds | {CALLER: _CALLERS, FLOW: self._flows}

    def all(self, *, strength: int = 2) -> list[Variant]:
        """Variants that are answered, covering all pairs of kinds, then each that is refused."""
        rows = covering_rows(self._answered(), self._is_allowed, strength=strength)
        variants = {_key(row): Variant(_kinds_of(row)) for row in rows}
        if self._is_answered_to_others():
            row = self._with_usual({CALLER: ANOTHER})
            variants.setdefault(_key(row), Variant(_kinds_of(row)))
        for row, reason in self._refused():
            variants.setdefault(_key(row), Variant(_kinds_of(row), reason))
        return list(variants.values())

    def unmatched(self, wheres: Iterable[VariantPattern]) -> list[VariantPattern]:
        """The conditions that match no possible variant."""
        return [one for one in wheres if not any(True for _ in self._matching(one))]

    def _answered(self) -> dict[str, list[str]]:
        """The kinds of each choice that may be answered, the usual kind first."""
        factors = {
            name: self._usual_first(name, [one.kind for one in values if not one.is_refused])
            for name, values in self._domains.items()
        }
        for one in self._choices:
            if len(one.path) > 1 and any(kind in _NOTHING for kind in self._above(one, factors)):
                factors[one.name].append(_NOT_APPLICABLE)
        return factors | {CALLER: list(self._callers)}

    def _above(self, choice: Choice, factors: Mapping[str, Iterable[str]]) -> Iterator[str]:
        for length in range(1, len(choice.path)):
            yield from factors[".".join(choice.path[:length])]

    def _usual_first(self, name: str, kinds: list[str]) -> list[str]:
        usual = self._usual.get(name)
        return sorted(kinds, key=lambda kind: kind != usual)

    def _is_allowed(self, row: Combination) -> bool:
        return self._is_whole(row) and self._refusal_of(row) is None

    def _is_whole(self, row: Combination) -> bool:
        """Whether input fields have kinds exactly where their input object is given."""
        for name, kind in row.items():
            above = row.get(name.rpartition(".")[0])
            if above is not None and (above in _LEFT_OUT) != (kind == _NOT_APPLICABLE):
                return False
        return True

    def _refusal_of(self, row: Combination) -> str | None:
        """Why a combination is refused although each kind alone is not."""
        both = self._size_conflict(row)
        return (
            f"{both} are not together" if both else self._budget.impossible_reason(_kinds_of(row))
        )

    def _size_conflict(self, row: Combination) -> str | None:
        """Two sizes of one page: `first` and `last`."""
        sizes: dict[int, tuple[str, str]] = {}
        for choice in self._choices:
            for place in choice.places:
                if place.is_size and row.get(choice.name, ABSENT) not in _LEFT_OUT:
                    name, other = sizes.setdefault(id(place.field), (place.name, choice.name))
                    if name != place.name:
                        return f"{other} and {choice.name}"
        return None

    def _refused(self) -> Iterator[tuple[Combination, str]]:
        """Every refused kind, each alone beside usual kinds."""
        for choice in self._choices:
            for value in self._domains[choice.name]:
                if value.is_refused:
                    reason = f"{choice.name}: {value.kind} is never answered"
                    yield self._with_usual({choice.name: value.kind}), reason
        for caller in _CALLERS:
            if caller not in self._callers and not (
                caller == ANOTHER and self._is_answered_to_others()
            ):
                yield self._with_usual({CALLER: caller}), f"{CALLER}: {caller} is not among them"
        for impossible in self._budget.impossible:
            for chosen in self._matching(impossible.where):
                yield self._with_usual(chosen), impossible.reason
        yield from self._size_conflicts()

    def _is_answered_to_others(self) -> bool:
        """Whether callers of another account request nothing that belongs to the first account."""
        return EXISTING not in self._usual.values()

    def _size_conflicts(self) -> Iterator[tuple[Combination, str]]:
        sizes = [one for one in self._choices if one.is_size]
        for one in sizes:
            for other in sizes:
                row = self._with_usual(
                    {choice.name: self._size_of(choice) for choice in (one, other)}
                )
                if one is not other and (both := self._size_conflict(row)):
                    yield row, f"{both} are not together"

    def _size_of(self, choice: Choice) -> str:
        return self._domains[choice.name][-1].kind

    def _matching(self, where: VariantPattern) -> Iterator[Combination]:
        """The combinations that match a condition; empty if a choice is not the document's."""
        wanted = [
            [
                (path, kind)
                for path, there in self.names.items()
                if f".{path}".endswith(f".{name}")
                for kind in there
                if kind in kinds
            ]
            for name, kinds in where.choices
        ]
        return (dict(choices) for choices in product(*wanted))

    def _with_usual(self, chosen: Combination) -> Combination:
        """A complete row with these kinds, and the usual ones for all other choices."""
        row: Combination = {CALLER: self._callers[0], **self._usual, **chosen}
        for name in chosen:
            while name := name.rpartition(".")[0]:
                row[name] = chosen.get(name, GIVEN)
        for choice in self._choices:
            above = row.get(".".join(choice.path[:-1]))
            if above in _LEFT_OUT:
                row[choice.name] = _NOT_APPLICABLE
        return {name: row[name] for name in (*self._usual, CALLER)}


def _key(row: Combination) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(row.items()))


def _kinds_of(row: Combination) -> Kinds:
    return {name: kind for name, kind in row.items() if kind != _NOT_APPLICABLE}
