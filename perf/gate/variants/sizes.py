"""Check a query for those who have nothing, an empty conversation, or more than a page holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gql.documents.budgets.choices import Choice
from gql.documents.budgets.variants import CALLER, Kinds
from gql.documents.trusted_documents import TrustedDocument
from perf.gate.data.callers import (
    EMPTY_CONVERSATION,
    MANY_ROWS,
    NO_ROWS,
    CallerGroup,
    as_kind,
)
from perf.gate.execution.in_process import InProcessRunner, ResourceUsage, RunFailed
from perf.gate.findings import GateFinding, more_statements
from perf.gate.scenarios.scenario import Scenario, ScenarioContext
from perf.gate.variants.enumerator import Variant
from perf.gate.variants.merged_findings import VariantFinding
from perf.gate.variants.variables import VariableBuilder

ROWS = "rows"
SIZES: Mapping[str, CallerGroup] = {
    "none": NO_ROWS,
    "empty": EMPTY_CONVERSATION,
    "many": MANY_ROWS,
}
"""How much a caller has: an answer without rows, and one with a full page, are branches too."""


@dataclass(slots=True)
class SizeCheck:
    """Runs variants of one query for callers of each size: none may run more than is agreed."""

    runner: InProcessRunner
    document: TrustedDocument
    scenario: Scenario
    choices: Sequence[Choice]
    usually: ResourceUsage
    found: list[VariantFinding] = field(default_factory=list)
    answered: list[Kinds] = field(default_factory=list)
    refused: list[Kinds] = field(default_factory=list)

    async def check(self, variants: Sequence[Variant]) -> None:
        """Run the variants of the usual caller that must be answered."""
        usual = variants[0].kinds[CALLER]
        asked = [
            one.kinds
            for one in variants
            if one.refused_because is None and one.kinds[CALLER] == usual
        ]
        for size, callers in SIZES.items():
            if callers.index_of(self.scenario.principal(callers)):
                continue  # Of these groups only the first person and company exist.
            context = ScenarioContext(self.runner, callers)
            builder = VariableBuilder(context, self.document, self.scenario, self.choices)
            for kinds in asked:
                await self._check(kinds, size, builder)

    async def _check(self, kinds: Kinds, size: str, builder: VariableBuilder) -> None:
        callers = builder.context.callers
        principal = as_kind(kinds[CALLER], self.scenario.principal(callers), callers)
        of_size, has_rows = {**kinds, ROWS: size}, bool(callers.rows)
        try:
            variables = await builder.variables(kinds, principal)
        except RunFailed:
            if has_rows:
                raise
            return  # Of nothing no id or cursor can be given.
        result = await self.runner.ask(self.document, principal, variables)
        if result.refusal is not None:
            if has_rows:
                refused = GateFinding(self.document.name, f"is refused with {result.refusal}")
                self.found.append((of_size, refused))
                self.refused.append(of_size)
            return
        self.answered.append(of_size)
        agreed = self.document.budget.of(kinds).statements
        finding = more_statements(self.document.name, result.usage, agreed, self.usually)
        if finding is not None:
            self.found.append((of_size, finding))
