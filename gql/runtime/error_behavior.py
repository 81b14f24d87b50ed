"""What an execution error does to the answer, as a request chooses by `onError`.

https://github.com/graphql/graphql-spec/pull/1163
"""

from enum import Enum, auto


class ErrorBehavior(Enum):
    """How errors of fields are handled; each is told in `errors` all the same."""

    PROPAGATE = auto()
    """The nearest nullable parent becomes null: what a request gets that asks for nothing else."""
    NULL = auto()
    """The field itself becomes null, also where its type is non-null."""
    HALT = auto()
    """The first error ends the execution: `data` is null, and no other error is told."""
