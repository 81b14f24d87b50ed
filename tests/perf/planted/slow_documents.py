"""One document made slower where it is answered, in the server itself."""

from tests.perf.planted.planted_source import Edit

_AFTER = "        if not self.answers:\n            self.seconds = "


def slowing(document: str, statement: str) -> Edit:
    """A statement runs before the document's answers are sent, with `took`, the seconds until then.

    ASGI's messages would be no place for it: answers are sent past them.
    """
    planted = (
        f'        if facts is not None and facts.operation.label == "{document}":\n'
        "            started, took = self.started, perf_counter() - self.started\n"
        f"            {statement}\n"
    )
    return Edit("app/graphql/pipeline/operation_run.py", _AFTER, planted + _AFTER)


def working(share: float) -> str:
    """A statement that keeps the processor for this share of what the answer took."""
    return f"while perf_counter() - started < {1 + share} * took: pass"
