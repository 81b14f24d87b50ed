"""Which Python `make setup` installs with, where nobody chose one."""

import subprocess
import sys
from pathlib import Path

_SCRIPT = Path("deploy/quickest-python.sh").absolute()
_SLOW = "-X tracemalloc=50"


def _python(folder: Path, name: str, options: str = "") -> None:
    command = folder / name
    command.write_text(f'#!/bin/sh\nexec {sys.executable} {options} "$@"\n')
    command.chmod(0o755)


def _quickest(folder: Path, *version: str) -> subprocess.CompletedProcess[str]:
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    for tool in ("awk", "readlink", "sh", "sort"):
        if not (tools / tool).exists():
            (tools / tool).symlink_to(f"/usr/bin/{tool}")
    environment = {"PATH": f"{folder}:{tools}"}
    command = [str(_SCRIPT), *version]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_quicker_one_than_the_usual_is_taken_and_told(tmp_path: Path) -> None:
    _python(tmp_path, "python3", _SLOW)
    _python(tmp_path, "python3.13")
    found = _quickest(tmp_path)
    assert found.stdout == f"{tmp_path}/python3.13\n"
    assert found.stderr.startswith(f"{tmp_path}/python3.13 takes 0.")


def test_the_usual_one_is_taken_where_none_is_quicker(tmp_path: Path) -> None:
    _python(tmp_path, "python3")
    _python(tmp_path, "python3.12", _SLOW)
    found = _quickest(tmp_path)
    assert (found.stdout, found.stderr) == (f"{tmp_path}/python3\n", "")


def test_what_cannot_serve_is_passed_over(tmp_path: Path) -> None:
    """Too old, broken, or of another version than the one that is asked for."""
    for name in ("python3", "python3.11"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    assert _quickest(tmp_path).returncode == 1
    _python(tmp_path, "python3.12")
    assert _quickest(tmp_path).stdout == f"{tmp_path}/python3.12\n"
    assert _quickest(tmp_path, "3.10").returncode == 1
