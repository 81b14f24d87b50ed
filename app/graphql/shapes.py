"""The shapes of operations, each found once while its document is kept."""

from collections import OrderedDict

from graphql import GraphQLSchema

from gql.execution.prepare import Operation
from gql.operations.shape import shape_of
from services.operations.records import Shape

_KEPT = 1_000


class Shapes:
    """Remembers the shapes of the operations that were asked for last."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        # By identity: operations compare by all that is in them. Each is held with its shape.
        self._kept: OrderedDict[int, tuple[Operation, Shape]] = OrderedDict()

    def of(self, operation: Operation) -> Shape:
        """What the operation is without its values."""
        key = id(operation)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept[1]
        shape = shape_of(self._schema, operation)
        self._kept[key] = (operation, shape)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return shape
