"""Fields that no document reached, so that their cost is unknown."""

from collections.abc import Collection, Iterator, Mapping

from perf.gate.fields.schema import fields, needed, root_of
from perf.gate.findings import Finding

UNREACHED: Mapping[str, str] = {
    "ReplyFailed": "the gate's stand-in for the model writes whatever it is asked for",
}
"""Exemptions with their reasons: by type, `Type.field` or `Type.field(argument:)`."""


def unreached(
    answered: Collection[str],
    refusals: Mapping[str, str],
    excused: Mapping[str, str] = UNREACHED,
) -> Iterator[Finding]:
    """Findings about types and fields never answered, and about exemptions that are obsolete."""
    for type_name, of_type in fields().items():
        missing = {name: f"{type_name}.{name}" for name in of_type}
        missing = {name: one for name, one in missing.items() if one not in answered}
        if type_name in excused or not missing:
            continue
        if len(missing) == len(of_type):
            yield Finding(type_name, "no document reaches any of its fields")
            continue
        for coordinate in missing.values():
            if coordinate not in excused:
                why = refusals.get(coordinate) or _wanting(coordinate)
                yield Finding(coordinate, f"no document reaches it{why and f': {why}'}")
    for coordinate in excused:
        if any(one == coordinate or one.startswith(f"{coordinate}.") for one in answered):
            yield Finding(coordinate, "is reached, and need not be excused any more")


def _wanting(coordinate: str) -> str:
    type_name, _, name = coordinate.partition(".")
    if type_name in {root_of("mutation"), root_of("subscription")}:
        return "none of our own asks it"
    arguments = needed(fields()[type_name][name]).items()
    types = ", ".join(f"{name}: {one.type}" for name, one in arguments)
    return types and f"no value is known for {types}"
