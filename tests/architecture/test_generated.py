"""What is generated is current, and a change of the code reaches it."""

import re
from pathlib import Path

import pytest

from tests.architecture.generated import GENERATED, Generated


@pytest.mark.parametrize("generated", GENERATED, ids=lambda one: one.path.name)
def test_is_current(generated: Generated) -> None:
    assert generated.is_current(), "run: make generate"


def test_every_package_says_what_it_is_for() -> None:
    tree = next(one for one in GENERATED if one.path.name == "ARCHITECTURE.md").path.read_text()
    assert not re.findall(r"^ *\w+/ *$", tree, re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("schema.graphql", r"implements Node "),
        ("configuration.md", r"\| `DATABASE_URL` .*\n"),
        ("figures.md", r"page\.title, "),
        ("ARCHITECTURE.md", r"  pipeline/ .*\n"),
    ],
)
def test_damage_is_seen_and_mended(name: str, damage: str, tmp_path: Path) -> None:
    original = next(one for one in GENERATED if one.path.name == name)
    damaged = Generated(tmp_path / name, original.regenerate)
    damaged.path.write_text(re.sub(damage, "", original.path.read_text(), count=1))
    seen = not damaged.is_current()
    damaged.write()
    assert (seen, damaged.is_current()) == (True, True)
