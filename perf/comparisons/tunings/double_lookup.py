"""A version of the server that looks up the subscription twice, without that tuning."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory

from perf.servers.host import ROOT
from perf.servers.seeded import Version

_FILE = Path("loaders/__init__.py")
_ONCE = "quota_by_user(self._database, self.subscription, self._now)"
_TWICE = (
    "quota_by_user(\n            self._database,\n"
    "            subscription_by_user(self._database, self._subscriptions, self._now),\n"
    "            self._now,\n        )"
)


class SourceTextNotFound(Exception):
    """The source no longer contains the text to be replaced."""


@contextmanager
def double_lookup() -> Iterator[Version]:
    """A copy of the source in which the quota has its own subscription loader.

    It does not share the lookup of the rest of the request. Raises `SourceTextNotFound`.
    """
    text = (ROOT / _FILE).read_text()
    if text.count(_ONCE) != 1:
        raise SourceTextNotFound(f"{_FILE} does not have {_ONCE!r} once")
    with TemporaryDirectory(prefix="guidance-twice-") as folder:
        for path in ROOT.iterdir():
            if path.name == _FILE.parts[0]:
                copytree(path, Path(folder) / path.name, ignore=ignore_patterns("__pycache__"))
            elif not path.name.startswith("."):
                (Path(folder) / path.name).symlink_to(path)
        (Path(folder) / _FILE).write_text(text.replace(_ONCE, _TWICE))
        yield Version(Path(folder))
