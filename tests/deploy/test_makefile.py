"""What `make run` says where it cannot begin: one line that tells what to do."""

import subprocess
from pathlib import Path


def _made(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    given = [f"{name}={value}" for name, value in variables.items()]
    command = ["make", "run", f"VENV={folder}", *given]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def _installed(folder: Path, interpreter: str) -> None:
    (folder / "bin").mkdir()
    guidance = folder / "bin" / "guidance"
    guidance.write_text(f"#!{interpreter}\n")
    guidance.chmod(0o755)
    (folder / "serves").touch()


def test_a_python_that_is_not_there_is_named(tmp_path: Path) -> None:
    failed = _made(tmp_path / "new", PYTHON="/nowhere/python3.11")
    assert failed.returncode == 2
    said = "There is no /nowhere/python3.11 here; PYTHON=/path/to/python3.11 make run"
    assert failed.stderr.splitlines()[0] == said
    assert not (tmp_path / "new").exists()


def test_an_environment_half_made_is_made_anew(tmp_path: Path) -> None:
    """One that was interrupted has a Python, and no pip yet."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/usr/bin/env")
    failed = _made(tmp_path, PYTHON="/nowhere/python3.11")
    assert "There is no /nowhere/python3.11 here" in failed.stderr


def test_a_moved_clone_says_to_make_its_environment_again(tmp_path: Path) -> None:
    _installed(tmp_path, "/nowhere/bin/python3")
    failed = _made(tmp_path)
    assert failed.returncode == 2
    assert f"The clone was moved: rm -r {tmp_path}, then make run again" in failed.stderr


def test_a_server_that_fails_by_itself_is_no_moved_clone(tmp_path: Path) -> None:
    _installed(tmp_path, "/usr/bin/false")
    assert "moved" not in _made(tmp_path).stderr
