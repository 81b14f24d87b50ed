"""Point 1.1: many errors in long documents, whose locations have to be computed."""

from collections.abc import Iterator
from dataclasses import replace

from perf.chaos.hostile.attack import DEFAULT_SETTINGS, TRUSTED, WITHOUT_INTROSPECTION, Attack
from perf.chaos.hostile.http import PLACEHOLDER, Template, asking, from_connections

_LINES = 125_000
_UNKNOWN = " ".join(f"a{number}" for number in range(400))
_VARIABLES = " ".join(f"$v{number}: Int!" for number in range(20))
_USES = " ".join(f"v{number}: node(id: $v{number}) {{ id }}" for number in range(20))
_FAILING = " ".join(f"a{number}: enterpriseAccount {{ companyName }}" for number in range(99))
_NODES = " ".join(
    f'a{number}: node(id: "no such id {PLACEHOLDER}") {{ id }}' for number in range(99)
)


def _in_lines(fields: str, *, line: str = "\n", lines: int = _LINES, head: str = "query") -> str:
    return f"{head} A{PLACEHOLDER} {{{line * lines}{fields}}}"


def _texts() -> Iterator[tuple[str, str, Template]]:
    yield "lines-unknown", "125,000 lines, then 400 unknown fields", asking(_in_lines(_UNKNOWN))
    yield (
        "lines-returns",
        "the same with lines that end in a carriage return",
        asking(_in_lines(_UNKNOWN, line="\r")),
    )
    yield (
        "lines-comments",
        "60,000 empty comments, then 400 unknown fields",
        asking(_in_lines(_UNKNOWN, line="#\n", lines=60_000)),
    )
    yield (
        "lines-block-string",
        "400 unknown fields before and after a block string of 100,000 lines",
        asking(
            f'query A{PLACEHOLDER} {{ a: node(id: """{chr(10) * 100_000}""") {{ id }} {_UNKNOWN} }}'
        ),
    )
    yield "lines-failing", "125,000 lines, then 99 fields that fail", asking(_in_lines(_FAILING))
    yield (
        "lines-bad-ids",
        "50,000 lines, then 99 ids that are none",
        asking(_in_lines(_NODES, lines=50_000)),
    )
    yield (
        "lines-variables",
        "100,000 lines and 20 variables that do not fit",
        asking(
            _in_lines(_USES, lines=100_000, head="query").replace("{", f"({_VARIABLES}) {{", 1),
            variables={f"v{number}": "x" * 1_000 for number in range(20)},
        ),
    )
    yield (
        "lines-cost-only",
        "125,000 lines and 400 unknown fields, asking for the cost alone",
        asking(_in_lines(_UNKNOWN), **{"graphql-cost": "validate"}),
    )
    yield "lines-syntax", "125,000 lines, then a wrong character", asking(_in_lines("a ?"))
    yield (
        "many-operations",
        "600 operations without a name, each of which is one too many",
        asking(f"{{ a{PLACEHOLDER} }} " + "{a} " * 600),
    )
    yield (
        "undefined-variables",
        "300 variables that nobody defined, on lines of their own",
        asking(
            f"query A{PLACEHOLDER} {{ node(id: 1) {{ id"
            + "".join(f"\n @include(if: $u{number})" for number in range(300))
            + "} }"
        ),
    )
    yield (
        "long-names",
        "20 unknown fields of 12,000 letters, for which similar names are looked for",
        asking(
            f"query A{PLACEHOLDER} {{ {' '.join('plan' * 3_000 + str(n) for n in range(20))} }}"
        ),
    )
    yield (
        "unknown-arguments",
        "500 unknown arguments, directives and types",
        asking(
            f"query A{PLACEHOLDER}($x: Nothing) {{ "
            + " ".join(f"plans(no{n}: 1) @no{n} {{ code }}" for n in range(180))
            + "}"
        ),
    )


def _attacks() -> Iterator[Attack]:
    for name, does, text in _texts():
        yield Attack(name, "1.1", does, from_connections(text, connections=4), DEFAULT_SETTINGS)


_HERE = tuple(_attacks())
ATTACKS = (
    *_HERE,
    replace(_HERE[0], name="lines-unknown-trusted", settings=TRUSTED),
    replace(_HERE[2], name="lines-comments-trusted", settings=TRUSTED),
    replace(_HERE[0], name="lines-unknown-hidden", settings=WITHOUT_INTROSPECTION),
)
