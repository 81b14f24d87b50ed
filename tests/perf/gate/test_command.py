"""`guidance perf gate` as a person runs it; what it does is tested beside it."""

from click.testing import CliRunner

from perf.counting.counter import is_counted_here
from perf.gate.command import gate


def test_a_document_that_keeps_its_budget(crowd: str) -> None:
    result = CliRunner().invoke(gate, ["--document", "Quota", "--url", crowd])
    assert result.exit_code == 0, result.output
    header, line, *notes, verdict = result.output.splitlines()
    assert bool(notes) is not is_counted_here()  # another Python is said to count otherwise
    columns = ["document", "variants", "statements", "lookups", "rows", "response", "bytes", "cost"]
    assert header.split() == columns
    assert line.split() == ["Quota", "5", "2", "of", "2", "1", "2", "143", "of", "200", "2"]
    assert verdict == "All of it is as agreed."


def test_a_document_that_is_not_there_is_said_at_once() -> None:
    result = CliRunner().invoke(gate, ["--document", "Qouta"])
    assert (result.exit_code, result.output) == (1, "Error: there is no document Qouta\n")


def test_a_database_that_is_not_there_is_said_in_a_sentence() -> None:
    result = CliRunner().invoke(gate, ["--url", "postgresql://nobody@127.0.0.1:1/nothing"])
    assert result.exit_code == 3
    assert "Error: the gate cannot run: " in result.output
    assert "Connect call failed ('127.0.0.1', 1)" in result.output


def test_a_database_without_tables_is_said_in_a_sentence(empty_database_url: str) -> None:
    result = CliRunner().invoke(gate, ["--document", "Quota", "--url", empty_database_url])
    assert result.exit_code == 3
    assert "Error: the gate cannot run: " in result.output
