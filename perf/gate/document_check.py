"""Check all variants of one document with n rows and with 2n."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from graphql import (
    FragmentDefinitionNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    validate,
)

from gql.build import core_schema
from gql.documents.budgets.choices import Choice, Choices
from gql.documents.budgets.variants import ABSENT, ANOTHER, CALLER, FLOW, NULL, Kinds
from gql.documents.trusted_documents import TrustedDocument
from perf.gate.data.callers import FEW_ROWS, OTHER_ACCOUNTS, TWICE_THE_ROWS, CallerGroup, as_kind
from perf.gate.execution.in_process import DocumentAnswer, InProcessRunner, ResourceUsage, RunFailed
from perf.gate.findings import GateFinding, budget_findings, n_plus_one_findings
from perf.gate.plans.plan_checker import PlanChecker
from perf.gate.scenarios.scenario import Scenario, ScenarioContext
from perf.gate.variants.empty_answers import empty_lists, refused_if_empty
from perf.gate.variants.enumerator import Variant, VariantEnumerator
from perf.gate.variants.merged_findings import VariantFinding, merge_findings
from perf.gate.variants.sizes import SizeCheck
from perf.gate.variants.value_kinds import REPEATED
from perf.gate.variants.variables import VariableBuilder, usual_kinds


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """The resource usage of a document's usual variant, and the findings in all variants."""

    document: TrustedDocument
    usage: ResourceUsage
    findings: tuple[GateFinding, ...]
    variants: int
    refused: Mapping[str, int] = field(default_factory=dict)
    """The most statements of what was refused, by the code of the refusal."""


def choices_of(document: TrustedDocument) -> Choices:
    """The choices of a document's callers; raises `RunFailed` if the document is invalid."""
    name, schema = document.name, core_schema()
    try:
        parsed = parse(document.text)
    except GraphQLSyntaxError as error:
        line = error.locations[0].line if error.locations else 1
        raise RunFailed(f"{name}: line {line} cannot be read: {error.message}") from None
    errors = validate(schema, parsed)
    if errors:
        reasons = "; ".join(error.message for error in errors)
        raise RunFailed(f"{name}: it is not valid: {reasons}")
    operations = [one for one in parsed.definitions if isinstance(one, OperationDefinitionNode)]
    named = [one.name.value if one.name else "none" for one in operations]
    if named != [name]:
        raise RunFailed(f"{name}.graphql has the operation {', '.join(named)}, and not {name}")
    fragments = [one for one in parsed.definitions if isinstance(one, FragmentDefinitionNode)]
    return Choices(schema, operations[0], fragments)


@dataclass(slots=True)
class DocumentCheck:
    """Runs the variants of one document and collects findings."""

    runner: InProcessRunner
    planner: PlanChecker
    document: TrustedDocument
    scenario: Scenario
    strength: int = 2
    _found: list[VariantFinding] = field(default_factory=list)
    _answered: list[Kinds] = field(default_factory=list)
    _refused: list[Kinds] = field(default_factory=list)
    _refusals: dict[str, int] = field(default_factory=dict)

    async def check(self) -> DocumentResult:
        """Run all variants; raises `RunFailed` if the document cannot be run as usual."""
        choices = tuple(choices_of(self.document))
        few, many = self._builders(self.scenario, choices)
        usual = usual_kinds(choices, await self.scenario.variables(many.context))
        callers, flows = self.scenario.callers, self.scenario.flows
        found = VariantEnumerator(choices, usual, callers, self.document.budget, flows)
        variants = found.all(strength=self.strength)
        usually: ResourceUsage | None = None
        for variant in variants:
            result = await self._check(variant, few, many, usually)
            if usually is None:
                usually = result.usage
                self._found += self._emptied(variant, result)
        usual = variants[0].kinds
        for flow, prepare in flows.items():
            builders = self._builders(replace(self.scenario, variables=prepare), choices)
            await self._check(Variant({**usual, FLOW: flow}), *builders, usually)
        if usually is not None:
            sizes = SizeCheck(self.runner, self.document, self.scenario, choices, usually)
            await self._check_sizes(sizes, found)
        findings = (
            *merge_findings(self._found, (self._answered, self._refused), usual),
            *self._uncovered(found, [one.name for one in choices]),
        )
        return DocumentResult(
            self.document,
            usually or ResourceUsage((), 0, 0),
            findings,
            len(variants) + len(flows),
            {code: most for code, most in self._refusals.items() if most},
        )

    def _builders(
        self, scenario: Scenario, choices: Sequence[Choice]
    ) -> tuple[VariableBuilder, VariableBuilder]:
        """Of variables for callers with n rows and with 2n."""
        few, many = (
            VariableBuilder(ScenarioContext(self.runner, callers), self.document, scenario, choices)
            for callers in (FEW_ROWS, TWICE_THE_ROWS)
        )
        return few, many

    async def _check_sizes(self, sizes: SizeCheck, variants: VariantEnumerator) -> None:
        """Check a query for little and much to read, unless it is red already."""
        if self._found or not self.document.text.startswith("query"):
            return
        await sizes.check(variants.all(strength=1))
        self._found += sizes.found
        self._answered += sizes.answered
        self._refused += sizes.refused

    async def _check(
        self,
        variant: Variant,
        few: VariableBuilder,
        many: VariableBuilder,
        usually: ResourceUsage | None,
    ) -> DocumentAnswer:
        name, budget = self.document.name, self.document.budget
        before, result = await self._ask(variant, few), await self._ask(variant, many)
        (self._answered if result.refusal is None else self._refused).append(variant.kinds)
        if result.refusal is not None:
            most = max(len(result.usage.ran), self._refusals.get(result.refusal, 0))
            self._refusals[result.refusal] = most
        findings = [
            *self._expectations(variant, before, result, many.unprepared),
            *budget_findings(name, result, budget.of(variant.kinds), usually),
            *n_plus_one_findings(name, before.usage, result.usage),
            *await self.planner.findings(name, result.usage),
        ]
        self._found += [(variant.kinds, finding) for finding in findings]
        return result

    def _emptied(self, variant: Variant, result: DocumentAnswer) -> Iterator[VariantFinding]:
        """Findings about lists of the usual answer that have no items."""
        for path in empty_lists(result.bodies):
            problem = f"{path} is answered with no items, of which there are some"
            yield variant.kinds, GateFinding(self.document.name, problem)

    async def _ask(self, variant: Variant, builder: VariableBuilder) -> DocumentAnswer:
        callers: CallerGroup = builder.context.callers
        kind, owner = variant.kinds[CALLER], self.scenario.principal(callers)
        principal = as_kind(kind, owner, callers)
        if kind == ANOTHER and variant.refused_because is None:
            # The request is for the caller's own objects, so the scenario must prepare them.
            others = ScenarioContext(self.runner, OTHER_ACCOUNTS)
            builder = replace(builder, context=others)
            owner = principal
        prepared_for = principal if kind in self.scenario.callers else owner
        variables = await builder.variables(variant.kinds, prepared_for)
        if REPEATED in variant.kinds.values():
            await self.runner.ask(self.document, principal, variables)
        result = await self.runner.ask(self.document, principal, variables)
        return refused_if_empty(result, builder.choices, variant.kinds)

    def _expectations(
        self,
        variant: Variant,
        before: DocumentAnswer,
        result: DocumentAnswer,
        unprepared: Sequence[str],
    ) -> Iterator[GateFinding]:
        """Findings if it was answered where it must be refused, or the reverse."""
        name, refusal = self.document.name, result.refusal
        if refusal is None and variant.refused_because is not None:
            yield GateFinding(name, f"is answered, and must not be: {variant.refused_because}")
        if refusal is not None and variant.refused_because is None:
            problem = f"is refused with {refusal}, and budgets.toml does not call it impossible"
            yield GateFinding(name, problem)
        if before.refusal != refusal:
            few, many = (one or "no refusal" for one in (before.refusal, refusal))
            yield GateFinding(name, f"is answered with {few} for n rows and with {many} for 2n")
        if unprepared and self.document.budget.impossible_reason(variant.kinds) is None:
            problem = "no flow can give this, and budgets.toml does not call it impossible"
            yield GateFinding(name, problem)

    def _uncovered(
        self, variants: VariantEnumerator, names: Sequence[str]
    ) -> Iterator[GateFinding]:
        """Findings about variables never answered, and budget tables that match no variant."""
        name, budget = self.document.name, self.document.budget
        for one in names:
            kinds = {kinds[one] for kinds in self._answered if one in kinds}
            if not kinds - {ABSENT, NULL}:
                yield GateFinding(name, f"no variant that is answered gives {one}")
        for where in variants.unmatched([one.where for one in budget.variants]):
            yield GateFinding(name, f"budgets.toml has numbers of no variant: {where}")
        own = [one.where for one in budget.impossible if not one.applies_to_every_document]
        for where in variants.unmatched(own):
            yield GateFinding(name, f"budgets.toml calls impossible what no variant is: {where}")
