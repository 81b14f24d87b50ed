"""Which documents put something off with `@defer` or `@stream`."""

from graphql import DirectiveNode, DocumentNode, Visitor, visit


def puts_off(document: DocumentNode) -> bool:
    """Whether something in the document is deferred or streamed."""
    finder = _PutOff()
    visit(document, finder)
    return finder.found


class _PutOff(Visitor):
    found = False

    def enter_directive(self, node: DirectiveNode, *_args: object) -> None:
        self.found |= node.name.value in {"defer", "stream"}
