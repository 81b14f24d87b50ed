"""Fields that no document reached, so that their cost is unknown."""

from collections.abc import Collection, Iterator, Mapping

from perf.gate.fields.documents.schema import fields, required_arguments, root_of
from perf.gate.findings import GateFinding

UNREACHABLE: Mapping[str, str] = {
    "ReplyFailed": "the gate's stand-in for the model writes whatever it is asked for",
}
"""Exemptions with their reasons: by type, `Type.field` or `Type.field(argument:)`."""


def coverage_findings(
    answered: Collection[str],
    refusals: Mapping[str, str],
    exemptions: Mapping[str, str] = UNREACHABLE,
) -> Iterator[GateFinding]:
    """Findings about types and fields never answered, and about exemptions that are obsolete."""
    for type_name, of_type in fields().items():
        missing = {name: f"{type_name}.{name}" for name in of_type}
        missing = {name: one for name, one in missing.items() if one not in answered}
        if type_name in exemptions or not missing:
            continue
        if len(missing) == len(of_type):
            yield GateFinding(type_name, "no document reaches any of its fields")
            continue
        for coordinate in missing.values():
            if coordinate not in exemptions:
                why = refusals.get(coordinate) or _missing_values(coordinate)
                yield GateFinding(coordinate, f"no document reaches it{why and f': {why}'}")
    for coordinate in exemptions:
        if any(one == coordinate or one.startswith(f"{coordinate}.") for one in answered):
            yield GateFinding(coordinate, "is reached, and need not be excused any more")


def _missing_values(coordinate: str) -> str:
    type_name, _, name = coordinate.partition(".")
    if type_name in {root_of("mutation"), root_of("subscription")}:
        return "none of our own in gql/documents/files asks it"
    arguments = required_arguments(fields()[type_name][name]).items()
    types = ", ".join(f"{name}: {one.type}" for name, one in arguments)
    return types and f"no value is known for {types}"
