"""A kilobyte that is kept of each request, wherever it is kept, is named by its line."""

from pathlib import Path

import pytest

from tests.perf.planted.planted_source import Edit, Ran, assert_caught, planted

RESOLVER, LOADER = "gql/resolvers/query.py", "loaders/subscription_by_user.py"
OBSERVING = "app/graphql/pipeline/budget_monitor.py"
IN_RESOLVER = (
    Edit(RESOLVER, "MAX_NODES = 100\n", "MAX_NODES = 100\n_KEPT = []\n"),
    Edit(
        RESOLVER,
        "        viewer_id = info.context.viewer_id\n",
        "        _KEPT.append(bytes(1_024))\n        viewer_id = info.context.viewer_id\n",
    ),
)
IN_LOADER = (
    Edit(LOADER, "\n\ndef subscription_by_user(", "\n_KEPT = []\n\n\ndef subscription_by_user("),
    Edit(
        LOADER,
        "        found = dict",
        "        _KEPT.append(list(range(1_000, 1_120)))\n        found = dict",
    ),
)
UNBOUNDED_CACHE = (
    Edit(
        OBSERVING,
        "import structlog\n",
        "from json import dumps\n\nimport structlog\n\n_KEPT = {}\n",
    ),
    Edit(
        OBSERVING,
        "        facts.record.pending.append(came)\n",
        "        _KEPT[request_id] = dumps([request_id] * 40)\n"
        "        facts.record.pending.append(came)\n",
    ),
)


PROTOCOL = "app/http/protocol/http.py"
OF_EACH_CONNECTION = (
    Edit(PROTOCOL, "class HttpProtocol(", "_KEPT = {}\n\n\nclass HttpProtocol("),
    Edit(
        PROTOCOL,
        "        self._unfinished_bytes = 0\n\n    # Called by",
        "        self._unfinished_bytes = 0\n"
        "        _KEPT[len(_KEPT)] = bytes(1_024)\n\n    # Called by",
    ),
)


def gate(folder: Path, url: str, name: str, *fault: Edit) -> Ran:
    arguments = ("perf", "gate", "--quick", "--memory", "--document", name, "--url", url)
    return planted(folder, *fault).guidance(*arguments)


def line_of(file: str, text: str, folder: Path) -> int:
    """The number of the line that has this text."""
    lines = (folder / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.planted
@pytest.mark.parametrize(
    ("fault", "file", "line"),
    [
        (IN_RESOLVER, RESOLVER, "_KEPT.append(bytes"),
        (IN_LOADER, LOADER, "_KEPT.append(list"),
        (UNBOUNDED_CACHE, OBSERVING, "_KEPT[request_id] ="),
        (OF_EACH_CONNECTION, PROTOCOL, "_KEPT[len(_KEPT)] ="),
    ],
)
def test_what_is_kept_of_each_request(
    fault: tuple[Edit, ...], file: str, line: str, crowd: str, tmp_path: Path
) -> None:
    ran = gate(tmp_path, crowd, "Quota", *fault)
    number = line_of(file, line, tmp_path)
    assert_caught(
        ran, f"bytes of each request are kept, allocated at {file}:{number} (2000 requests by POST"
    )


@pytest.mark.planted
def test_nothing_is_kept_where_nothing_is_planted(tmp_path: Path) -> None:
    ran = planted(tmp_path).guidance("perf", "gate", "--quick", "--memory")
    assert (ran.status, ran.output.splitlines()[-1]) == (0, "All of it is as agreed."), ran.output
