"""The revisions, as Alembic would find them, which is not asked."""

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from db.schema.revisions import SCRIPTS, revisions


def test_they_are_those_of_alembic_oldest_first() -> None:
    found = ScriptDirectory(str(SCRIPTS)).walk_revisions()
    assert revisions() == tuple(one.revision for one in found)[::-1]


@pytest.mark.parametrize("previous", ['"1"', '"missing"'])
def test_a_line_that_forks_or_breaks_is_refused(tmp_path: Path, previous: str) -> None:
    (tmp_path / "versions").mkdir()
    for revision, follows in (("1", "None"), ("2", '"1"'), ("3", previous)):
        text = f'revision: str = "{revision}"\ndown_revision: str | None = {follows}\n'
        (tmp_path / "versions" / f"{revision}.py").write_text(text)
    with pytest.raises(ValueError, match="are not in one line after"):
        revisions(tmp_path)
