"""The revisions of this code, read without Alembic: its import is a tenth of a server's start."""

import re
from functools import cache
from pathlib import Path

import db

SCRIPTS = Path(db.__file__).parents[1] / "migrations"
_DECLARED = re.compile(r'^(revision|down_revision)\b[^=]*= (?:"([^"]*)"|None)', re.MULTILINE)


@cache
def revisions(scripts: Path = SCRIPTS) -> tuple[str, ...]:
    """The revisions of this code, or of another version's scripts, oldest first.

    Raises `ValueError` unless each follows another, and no two the same.
    """
    declared = [
        dict(_DECLARED.findall(path.read_text())) for path in (scripts / "versions").glob("*.py")
    ]
    following = {one["down_revision"]: one["revision"] for one in declared if "revision" in one}
    found, last = [], ""
    while last in following:
        last = following[last]
        found.append(last)
    if len(found) != len(declared):
        raise ValueError(f"the migrations in {scripts} are not in one line after {found[-1:]}")
    return tuple(found)
