"""The query root."""

from typing import Annotated

import strawberry

from db.row import Row
from gql.context import Info, RequestContext
from gql.errors import BadUserInput
from gql.resolvers.nodes import NodeResult, account_of_caller, fetch_node
from gql.schema import described
from gql.schema.billing.subscription import Plan
from gql.schema.chat.conversation import Conversation
from gql.schema.enterprise.account import EnterpriseAccount
from gql.schema.node import Node
from gql.schema.ops import Ops
from gql.schema.user import User
from gql.values.cost_weights import Weight
from gql.values.ids import key_of
from gql.values.mapped_future import failed_future
from gql.values.mappings import Sourced
from gql.values.sharing import Sharing
from loaders import ALL_PLANS
from loaders.batching.loader import LoaderFuture
from services.billing.records import Plan as PlanRecord

MAX_NODES = 100
_PLANS_SHARING = Sharing(is_public=True, max_age_seconds=60)

NodeId = Annotated[
    strawberry.ID, strawberry.argument(description="The `id` that this API gave for the object.")
]
NodeIds = Annotated[
    list[strawberry.ID], strawberry.argument(description="At most 100 ids that objects gave.")
]


@strawberry.type(description="Everything that can be read.")
class Query:
    """The query root."""

    @described.field("Any object by its id; null when it does not exist or is not the caller's.")
    def node(self, info: Info, id: NodeId) -> Sourced[Node | None, NodeResult]:  # noqa: A002 - the API's name
        return fetch_node(info.context, id)

    @described.field(
        "Objects by their ids, in the order of the ids, each as `node` gives it.",
        Weight(slicing_argument="ids"),
    )
    def nodes(self, info: Info, ids: NodeIds) -> Sourced[list[Node | None], list[NodeResult]]:
        if len(ids) > MAX_NODES:
            raise BadUserInput(f"At most {MAX_NODES} ids can be asked for at once.")
        return [_node(info.context, id_) for id_ in ids]

    @described.field("The signed-in person; null for a caller without a user token.")
    def viewer(self, info: Info) -> User | None:
        viewer_id = info.context.viewer_id
        return None if viewer_id is None else User.of_key(viewer_id)

    @described.field(
        "One of the viewer's conversations; null when it does not exist or belongs to "
        "somebody else."
    )
    def conversation(
        self,
        info: Info,
        id: NodeId,  # noqa: A002 - the API's name
    ) -> Sourced[Conversation | None, LoaderFuture[Row | None] | None]:
        key = key_of("Conversation", id)
        return None if key is None else info.context.loaders.conversation.start(key)

    @described.field(
        "The plans on sale, cheapest first. Public.", Weight(assumed_size=10), _PLANS_SHARING
    )
    def plans(self, info: Info) -> Sourced[list[Plan], LoaderFuture[tuple[PlanRecord, ...]]]:
        return info.context.loaders.plans_on_sale.start(ALL_PLANS)

    @described.field(
        "The account behind the API key, or the one the viewer administers; otherwise null."
    )
    def enterprise_account(
        self, info: Info
    ) -> Sourced[EnterpriseAccount | None, LoaderFuture[Row | None] | Row | None]:
        return account_of_caller(info.context)

    @described.field("Operations data; null unless the caller's token carries the `ops` role.")
    def ops(self, info: Info) -> Ops | None:
        return Ops() if info.context.is_operator else None


def _node(context: RequestContext, id_: str) -> NodeResult:
    """The object; for text that is no id, a future that has failed for this item alone."""
    try:
        return fetch_node(context, id_)
    except BadUserInput as error:
        return failed_future(error)
