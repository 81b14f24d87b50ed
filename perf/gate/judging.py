"""Check all variants of one document with n rows and with 2n."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from graphql import (
    FragmentDefinitionNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    validate,
)

from gql.build import core_schema
from gql.documents.budgets import TrustedDocument
from gql.documents.choices import Choices
from gql.documents.variants import ABSENT, ANOTHER, CALLER, NULL, Kinds
from perf.gate.callers import FEW, OTHERS, TWICE_AS_MANY, Callers, as_kind
from perf.gate.findings import Finding, growing, over_budget
from perf.gate.flows import Asking, Flow
from perf.gate.naming import Found, told_once
from perf.gate.planner import Planner
from perf.gate.preparing import Preparation, usual_kinds
from perf.gate.running import Answered, FlowFailed, Runner, Taken
from perf.gate.variants import Variant, Variants


@dataclass(frozen=True, slots=True)
class Judged:
    """The resource usage of a document's usual variant, and the findings in all variants."""

    document: TrustedDocument
    taken: Taken
    findings: tuple[Finding, ...]
    variants: int


def choices_of(document: TrustedDocument) -> Choices:
    """The choices of a document's callers; raises `FlowFailed` if the document is invalid."""
    name, schema = document.name, core_schema()
    try:
        parsed = parse(document.text)
    except GraphQLSyntaxError as error:
        line = error.locations[0].line if error.locations else 1
        raise FlowFailed(f"{name}: line {line} cannot be read: {error.message}") from None
    errors = validate(schema, parsed)
    if errors:
        reasons = "; ".join(error.message for error in errors)
        raise FlowFailed(f"{name}: it is not valid: {reasons}")
    operations = [one for one in parsed.definitions if isinstance(one, OperationDefinitionNode)]
    named = [one.name.value if one.name else "none" for one in operations]
    if named != [name]:
        raise FlowFailed(f"{name}.graphql has the operation {', '.join(named)}, and not {name}")
    fragments = [one for one in parsed.definitions if isinstance(one, FragmentDefinitionNode)]
    return Choices(schema, operations[0], fragments)


@dataclass(slots=True)
class Judging:
    """Runs the variants of one document and collects findings."""

    runner: Runner
    planner: Planner
    document: TrustedDocument
    flow: Flow
    strength: int = 2
    _found: list[Found] = field(default_factory=list)
    _answered: list[Kinds] = field(default_factory=list)
    _refused: list[Kinds] = field(default_factory=list)

    async def judge(self) -> Judged:
        """Run all variants; raises `FlowFailed` if the document cannot be run as usual."""
        choices = tuple(choices_of(self.document))
        few, many = (
            Preparation(Asking(self.runner, callers), self.document, self.flow, choices)
            for callers in (FEW, TWICE_AS_MANY)
        )
        usual = usual_kinds(choices, await self.flow.variables(many.asking))
        found = Variants(choices, usual, self.flow.callers, self.document.budget)
        variants = found.all(strength=self.strength)
        usually: Taken | None = None
        for variant in variants:
            answered = await self._judge(variant, few, many, usually)
            usually = answered.taken if usually is None else usually
        usual = variants[0].kinds
        findings = (
            *told_once(self._found, (self._answered, self._refused), usual),
            *self._uncovered(found, [one.name for one in choices]),
        )
        return Judged(self.document, usually or Taken((), 0, 0), findings, len(variants))

    async def _judge(
        self, variant: Variant, few: Preparation, many: Preparation, usually: Taken | None
    ) -> Answered:
        name, budget = self.document.name, self.document.budget
        before, answered = await self._ask(variant, few), await self._ask(variant, many)
        (self._answered if answered.refusal is None else self._refused).append(variant.kinds)
        findings = [
            *self._expectations(variant, before, answered, many.unprepared),
            *over_budget(name, answered, budget.of(variant.kinds), usually),
            *growing(name, before.taken, answered.taken),
            *await self.planner.findings(name, answered.taken),
        ]
        self._found += [(variant.kinds, finding) for finding in findings]
        return answered

    async def _ask(self, variant: Variant, preparation: Preparation) -> Answered:
        callers: Callers = preparation.asking.callers
        kind, owner = variant.kinds[CALLER], self.flow.principal(callers)
        principal = as_kind(kind, owner, callers)
        if kind == ANOTHER and variant.refused_because is None:
            # The request is for the caller's own objects, so the scenario must prepare them.
            others = Asking(self.runner, OTHERS)
            preparation = replace(preparation, asking=others)
            owner = principal
        prepared_for = principal if kind in self.flow.callers else owner
        variables = await preparation.variables(variant.kinds, prepared_for)
        return await self.runner.ask(self.document, principal, variables)

    def _expectations(
        self, variant: Variant, before: Answered, answered: Answered, unprepared: Sequence[str]
    ) -> Iterator[Finding]:
        """Findings if it was answered where it must be refused, or the reverse."""
        name, refusal = self.document.name, answered.refusal
        if refusal is None and variant.refused_because is not None:
            yield Finding(name, f"is answered, and must not be: {variant.refused_because}")
        if refusal is not None and variant.refused_because is None:
            problem = f"is refused with {refusal}, and budgets.toml does not call it impossible"
            yield Finding(name, problem)
        if before.refusal != refusal:
            few, many = (one or "no refusal" for one in (before.refusal, refusal))
            yield Finding(name, f"is answered with {few} for n rows and with {many} for 2n")
        if unprepared and self.document.budget.why_impossible(variant.kinds) is None:
            problem = "no flow can give this, and budgets.toml does not call it impossible"
            yield Finding(name, problem)

    def _uncovered(self, variants: Variants, names: Sequence[str]) -> Iterator[Finding]:
        """Findings about variables never answered, and budget tables that match no variant."""
        name, budget = self.document.name, self.document.budget
        for one in names:
            kinds = {kinds[one] for kinds in self._answered if one in kinds}
            if not kinds - {ABSENT, NULL}:
                yield Finding(name, f"no variant that is answered gives {one}")
        for where in variants.unmatched([one.where for one in budget.variants]):
            yield Finding(name, f"budgets.toml has numbers of no variant: {where}")
        own = [one.where for one in budget.impossible if not one.is_of_every]
        for where in variants.unmatched(own):
            yield Finding(name, f"budgets.toml calls impossible what no variant is: {where}")
