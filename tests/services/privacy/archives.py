"""The archives of exports, as a test reads them."""

from pathlib import Path


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
