"""graphql-core's executor, with plain selections built by their compiled plans."""

from typing import Any

from graphql import GraphQLObjectType, Undefined
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import AwaitableOrValue, Path, gather_with_cancel, is_awaitable

from gql.execution.plans import Plan, Plans


# Any: the position context, sources and values belong to graphql-core and to resolvers.
class PlannedExecutor(Executor[Any]):
    """Runs one operation with the plans of its document."""

    plans: Plans

    def collect_and_execute_subfields(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """Build what is plain at once and resolve the rest; without a plan do it all as usual."""
        if not self.plans.is_usable:
            return super().collect_and_execute_subfields(
                return_type, field_details_list, path, result, position_context
            )
        plan = self.plans.plan(return_type, field_details_list, self._grouped)
        try:
            values = plan.build(result)
        except Exception:  # noqa: BLE001 - whatever it was, the ordinary way meets it again
            return super().collect_and_execute_subfields(
                return_type, field_details_list, path, result, position_context
            )
        if not plan.resolved:
            return values  # type: ignore[no-any-return]  # builders of selections make dicts
        return self._resolve(plan, values, return_type, path, result, position_context)

    def _grouped(
        self, return_type: GraphQLObjectType, field_details_list: FieldDetailsList
    ) -> GroupedFieldSet:
        return self.collect_subfields(return_type, field_details_list).grouped_field_set

    def _resolve(
        self,
        plan: Plan,
        values: dict[str, Any],
        parent_type: GraphQLObjectType,
        path: Path,
        source: Any,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        pending: list[str] = []
        try:
            for name, details in plan.resolved:
                value = self.execute_field(
                    parent_type,
                    source,
                    details,
                    Path(path, name, parent_type.name),
                    position_context,
                )
                values[name] = value
                if value is not Undefined and is_awaitable(value):
                    pending.append(name)
        except Exception:
            self.settle_in_background([values[name] for name in pending])
            raise
        return self._await(values, pending) if pending else values

    async def _await(self, values: dict[str, Any], pending: list[str]) -> dict[str, Any]:
        if len(pending) == 1:
            values[pending[0]] = await values[pending[0]]
        else:
            settled = await gather_with_cancel(*(values[name] for name in pending))
            values.update(zip(pending, settled, strict=True))
        return values
