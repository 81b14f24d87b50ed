"""One document made slower where it is answered, in the server itself."""

from tests.perf.planted.planted_source import Edit

_AFTER = "        answer.statements = work.statements\n"


def slowing(document: str, statement: str) -> Edit:
    """A statement runs before the document's answers are sent, with `took`, the seconds until then.

    ASGI's messages would be no place for it: answers are sent past them.
    """
    planted = (
        f'        if operation.label == "{document}":\n'
        "            took = perf_counter() - started\n"
        f"            {statement}\n"
    )
    return Edit("app/graphql/pipeline/service.py", _AFTER, planted + _AFTER)


def working(share: float) -> str:
    """A statement that keeps the processor for this share of what the answer took."""
    return f"while perf_counter() - started < {1 + share} * took: pass"
