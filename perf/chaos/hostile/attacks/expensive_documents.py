"""Point 1.2: documents that are expensive to validate or to answer, such as introspection."""

from collections.abc import Iterator
from dataclasses import replace

from perf.chaos.hostile.attack import TRUSTED, WITHOUT_INTROSPECTION, Attack
from perf.chaos.hostile.http import PLACEHOLDER, asking, from_connections

_ROOT = "__schema{types{name fields{name type{name} args{name}}}}"
_DEEP = "type{fields{" * 6 + "name" + "}}" * 6


def _spread(number: int) -> str:
    return "".join(f" ...F{other}" for other in range(number + 1, min(number + 11, 60)))


def _texts() -> Iterator[tuple[str, str, str]]:
    yield (
        "types-again",
        "480 times the types of the schema, which are one field",
        f"query A{PLACEHOLDER}{{__schema{{{'types{name} ' * 480}}}}}",
    )
    yield (
        "types-in-fragments",
        "the same by way of 400 inline fragments",
        f"query A{PLACEHOLDER}{{__schema{{{'...{types{name}} ' * 390}}}}}",
    )
    yield (
        "schema-roots",
        "49 times the whole schema, each under a name of its own",
        f"query A{PLACEHOLDER}{{{' '.join(f's{n}:{_ROOT}' for n in range(49))}}}",
    )
    yield (
        "schema-deep",
        "the fields of the types of the fields of the types",
        f'query A{PLACEHOLDER}{{__type(name:"Query"){{fields{{name {_DEEP}}}}}}}',
    )
    yield "comments", "80,000 comments", f"query A{PLACEHOLDER}{{a}}" + "#\n" * 80_000
    yield "commas", "240,000 commas", f"query A{PLACEHOLDER}{{{',' * 240_000}a}}"
    yield (
        "fields-again",
        "480 times the same field with the same fields",
        f"query A{PLACEHOLDER}{{{'viewer{id email} ' * 390}}}",
    )
    yield (
        "fragments-crossed",
        "60 fragments, of which each spreads ten others",
        f"query A{PLACEHOLDER}{{viewer{{...F0}}}}"
        + "".join(f" fragment F{n} on User{{id{_spread(n)}}}" for n in range(60)),
    )
    yield (
        "fragments-in-a-row",
        "330 fragments, of which each spreads the next",
        f"query A{PLACEHOLDER}{{viewer{{...F0}}}}"
        + "".join(f" fragment F{n} on User{{...F{n + 1}}}" for n in range(220))
        + " fragment F220 on User{id}",
    )
    yield (
        "brackets",
        "100,000 brackets, one in the other",
        f"query A{PLACEHOLDER}{{a(b:{'[' * 100_000}",
    )
    yield "braces", "1,900 levels of fields", f"query A{PLACEHOLDER}" + "{a" * 900
    yield (
        "directives",
        "600 directives on one field",
        f"query A{PLACEHOLDER}{{plans{' @include(if:true)' * 280}{{code}}}}",
    )
    yield (
        "values",
        "an argument that is a list of 1,900 numbers",
        f"query A{PLACEHOLDER}{{node(id:[{'1 ' * 1_900}]){{id}}}}",
    )
    yield (
        "long-text",
        "an argument of 240,000 escaped letters",
        f'query A{PLACEHOLDER}{{node(id:"{chr(92)}u0041{"x" * 230_000}"){{id}}}}',
    )


def _attacks() -> Iterator[Attack]:
    for name, does, text in _texts():
        yield Attack(name, "1.2", does, from_connections(asking(text), connections=4))


_HERE = tuple(_attacks())
ATTACKS = (
    *_HERE,
    replace(_HERE[0], name="types-again-trusted", settings=TRUSTED),
    replace(_HERE[0], name="types-again-hidden", settings=WITHOUT_INTROSPECTION),
    replace(_HERE[2], name="schema-roots-hidden", settings=WITHOUT_INTROSPECTION),
    replace(_HERE[4], name="comments-trusted", settings=TRUSTED),
)
