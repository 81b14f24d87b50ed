"""What was called when calls were agreed is read as it was written."""

from pathlib import Path

from perf.counting.agreed_calls import Pair, read_agreed, write_agreed

AGREED = {
    "Quota": {"app/requests.py:Requests.__call__": Pair(3, 3), "dict.get": Pair(36, 38)},
    "Plans": {"dict.get": Pair(30, 30)},
}


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "agreed.tsv"
    write_agreed(AGREED, path)
    assert read_agreed(path) == AGREED
    assert path.read_text() == (
        "function\tPlans\tQuota\napp/requests.py:Requests.__call__\t.\t3\ndict.get\t30\t36/38\n"
    )


def test_where_nothing_was_written_nothing_is_agreed(tmp_path: Path) -> None:
    assert read_agreed(tmp_path / "none.tsv") == {}


def test_the_calls_of_every_document_are_known() -> None:
    agreed = read_agreed()
    assert all(agreed[name]["dict.get"].twice for name in ("Plans", "Quota", "SendMessage"))
