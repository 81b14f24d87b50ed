"""The command that reports, asked by a test."""

from pathlib import Path

from click.testing import CliRunner, Result

from perf.cli.command import perf


def asked(folder: Path, baseline: Path, current: Path, *options: str) -> Result:
    places = ("--out", str(folder / "out"), "--history", str(folder / "history"))
    files = ("--baseline", str(baseline), "--current", str(current))
    return CliRunner().invoke(perf, ["report", *files, *places, *options], standalone_mode=False)


def status(result: Result) -> int:
    """As `guidance` exits: what the command gives, or what it raises says."""
    if result.exception is not None:
        code: int = getattr(result.exception, "exit_code", -1)
        return code
    returned: int = result.return_value
    return returned
