"""Secrets that are made once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.composition.secrets import stored_secret


def test_a_secret_is_made_once_whoever_comes_at_the_same_time(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with ThreadPoolExecutor(16) as threads:
        made = set(threads.map(lambda _: stored_secret(folder, "a-secret"), range(64)))
    assert len(made) == 1
    assert made == {stored_secret(folder, "a-secret")}
    assert len(made.pop()) == 64
    (file,) = folder.iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("a-secret", 0o600)


def test_secrets_differ_by_name(tmp_path: Path) -> None:
    assert stored_secret(tmp_path, "one") != stored_secret(tmp_path, "other")
