"""Reads documents from a folder or a manifest, in the formats that client tools produce."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson

from gql.documents.registry.submission import Candidate
from services.documents.records import ToolLimits

_APOLLO = "apollo-persisted-query-manifest"
_LIMITS = {
    re.sub("_(.)", lambda match: match[1].upper(), one.name): one.name for one in fields(ToolLimits)
}
_SUFFIXES = frozenset({".graphql", ".gql"})


class ManifestInvalid(Exception):
    """The source is no folder or manifest of documents; the message says why."""


def candidates(source: Path) -> list[Candidate]:
    """The documents in a folder of `.graphql` files, or in a manifest; raises `ManifestInvalid`.

    A manifest is Apollo's, or an object of texts by id, as the compilers of Relay and GraphQL Code
    Generator write it.
    """
    found = list(_in_folder(source) if source.is_dir() else _in_manifest(source))
    if not found:
        raise ManifestInvalid(f"{source} has no documents")
    return found


def _in_folder(folder: Path) -> Iterator[Candidate]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in _SUFFIXES and path.is_file():
            yield Candidate(str(path.relative_to(folder)), _text(path))


def _in_manifest(path: Path) -> Iterator[Candidate]:
    try:
        manifest = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise ManifestInvalid(f"{path} is not JSON: {error}") from None
    if not isinstance(manifest, dict):
        raise ManifestInvalid(f"{path} is not a manifest: it has no object")
    if "format" in manifest:
        yield from _of_apollo(path, manifest)
        return
    for id_, text in manifest.items():
        if not isinstance(text, str):
            raise ManifestInvalid(f"{path}: what stands under {id_} is no text")
        yield Candidate(id_, text, id_)


# Any: JSON of unknown shape.
def _of_apollo(path: Path, manifest: dict[str, Any]) -> Iterator[Candidate]:
    if manifest["format"] != _APOLLO or manifest.get("version") != 1:
        raise ManifestInvalid(f"{path} is not {_APOLLO} of version 1")
    operations = manifest.get("operations")
    if not isinstance(operations, list):
        raise ManifestInvalid(f"{path} has no list of operations")
    for place, operation in enumerate(operations):
        members = operation if isinstance(operation, dict) else {}
        id_, name, body = (members.get(key) for key in ("id", "name", "body"))
        if not (isinstance(id_, str) and isinstance(name, str) and isinstance(body, str)):
            raise ManifestInvalid(f"{path}: operation {place} lacks its id, name or body")
        yield Candidate(name, body, id_, name, _tool(path, name, members.get("tool")))


# Any: as above.
def _tool(path: Path, name: str, mark: Any) -> ToolLimits | None:
    """The limits of an operation that its client marked as a tool: `true`, or some of its own."""
    if mark is None or mark is False:
        return None
    limits = {} if mark is True else mark
    if not isinstance(limits, dict) or not limits.keys() <= _LIMITS.keys():
        raise ManifestInvalid(f"{path}: the tool {name} is not `true` or some of {list(_LIMITS)}")
    if not all(type(one) is int and 0 < one < 2**31 for one in limits.values()):
        raise ManifestInvalid(f"{path}: the limits of the tool {name} are no whole numbers from 1")
    made = ToolLimits(**{_LIMITS[key]: one for key, one in limits.items()})
    if not made.is_consistent:
        raise ManifestInvalid(f"{path}: a call of the tool {name} may take more than a day")
    return made


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise ManifestInvalid(f"{path} is not UTF-8") from None
