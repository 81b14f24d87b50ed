"""`guidance perf run --url` against a server in production, with tokens given by hand."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest

from gql.documents.trusted_documents import trusted_documents
from perf.load.generator.outcomes import OutcomeKind, outcome_of
from perf.load.results.report import LoadReport
from perf.load.results.report_file import read_report
from perf.load.workload.callers import Callers
from perf.load.workload.flow_selection import left_out, select_flows
from perf.load.workload.flows import FLOWS
from perf.load.workload.running_server import seconds_left, strip_scheme, target_of_running_server
from perf.load.workload.schedule import PlannedRequest
from perf.servers.client import Address
from perf.sweep.report import swept_name
from tests.fixtures.outside.tls import over_tls
from tests.fixtures.servers.processes import GUIDANCE
from tests.fixtures.servers.production import PRODUCTION
from tests.fixtures.servers.server import issue_key, serving, settings_for, token_of
from tests.fixtures.stores.world import ADA, EDITH, GRACES_COMPANY

READS = [
    "Quota",
    "CurrentSubscription",
    "ConversationPage",
    "ConversationsWithMessages",
    "PrivacyExportStatus",
    "EnterpriseUsage",
]
DOCUMENTS = trusted_documents()
WRITES = {name for name, one in DOCUMENTS.items() if not one.text.startswith("query")}
NOT_THEIRS = {
    *("ApiCredentials", "EnterpriseInvoices", "EnterpriseModelUsage"),
    *("ConversationBranch", "MessageSiblings", "PlanChangePreview", "ReplyParts"),
    "ModelFeedback",
}
"""Who asks administers no company, has no branches, parts or paid plan, and is no operator."""
STRICT = {
    "graphql_operations_mode": "trusted",
    "graphql_operations_require_id": True,
    "metrics_token": "m" * 40,
    "serve_runs_worker": False,
}


@pytest.fixture(scope="module")
def live(world: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a server in production behind TLS, and whose certificate it is."""
    folder = tmp_path_factory.mktemp("live")
    production = {name.lower(): value for name, value in PRODUCTION.items()}
    with serving(settings_for(world, folder, **production | STRICT)) as api:
        port = urlsplit(str(api.http.base_url)).port
        assert port is not None
        with over_tls(port, folder) as (url, authority):
            yield url, authority


def run(live: tuple[str, Path], out: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run it where nothing is set: no secret, no database, no environment of development."""
    url, authority = live
    return subprocess.run(
        [GUIDANCE, "perf", "run", "--profile", "brief", "--url", url, "--out", out, *options],
        env={"PATH": os.environ["PATH"], "SSL_CERT_FILE": str(authority), "APP_ENV": "production"},
        cwd=out.parent,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def ran(
    live: tuple[str, Path], world: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple["subprocess.CompletedProcess[str]", LoadReport]:
    out = tmp_path_factory.mktemp("ran") / "report.json"
    tokens = ("--token", token_of(ADA), "--token", f"Bearer {token_of(EDITH)}")
    finished = run(live, out, *tokens, "--api-key", issue_key(world, GRACES_COMPANY))
    assert out.exists(), finished.stderr
    return finished, read_report(out)


def test_every_read_is_answered_by_a_server_in_production(
    ran: tuple["subprocess.CompletedProcess[str]", LoadReport],
) -> None:
    finished, report = ran
    assert [name for name, one in report.operations.items() if not one.swept] == READS
    swept = [name for name, one in report.operations.items() if one.swept]
    requested = DOCUMENTS.keys() - WRITES - NOT_THEIRS
    assert swept == [swept_name(name) for name in DOCUMENTS if name in requested]
    assert {name: one.errors for name, one in report.operations.items() if one.errors} == {}
    assert all(one.requests for one in report.operations.values())
    # A busy machine may miss a target.
    assert finished.returncode in {0, 1}


def test_what_writes_is_left_out_and_listed(
    ran: tuple["subprocess.CompletedProcess[str]", LoadReport],
) -> None:
    finished, report = ran
    of_mix = {name: why for name, why in report.left_out.items() if "(sweep)" not in name}
    assert report.left_out.keys() - of_mix.keys() == {
        swept_name(name) for name in WRITES | NOT_THEIRS
    }
    assert of_mix == {
        "SendMessage": "it writes, and --writes is not given",
        "SendMessage (new)": "it writes, and --writes is not given",
        "RequestPrivacyDelete": "it erases its caller, which is never done to the owner "
        "of a --token",
        "GenerateGuidance": "it writes, and --writes is not given",
    }
    lines = [line for line in finished.stdout.splitlines() if line.startswith("left out: ")]
    assert len(lines) == len(set(report.left_out.values()))
    for name, reason in report.left_out.items():
        (line,) = (line for line in lines if line.endswith(f": {reason}"))
        assert name in line.removeprefix("left out: ").removesuffix(f": {reason}").split(", ")


def test_metrics_that_may_not_be_read_are_said(
    ran: tuple["subprocess.CompletedProcess[str]", LoadReport],
) -> None:
    finished, report = ran
    assert report.counts is None
    assert "what the server counted is not known" in finished.stdout


def test_a_token_that_is_not_accepted_is_one_sentence(
    live: tuple[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "report.json"
    out.write_text("of the run before")
    finished = run(live, out, "--token", token_of(ADA), "--token", "wrong")
    (said,) = finished.stderr.splitlines()[-1:]
    assert said.startswith("guidance: the server does not accept token 2 of 2: HTTP 401, ")
    assert finished.returncode == 5
    assert not out.exists(), "what the run before left behind would be taken for this one's"


def test_a_certificate_that_nobody_vouches_for_is_one_sentence(
    live: tuple[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "none.pem").write_text("")
    url, authority = live
    finished = subprocess.run(
        [GUIDANCE, "perf", "run", "--profile", "brief", "--url", url, "--token", token_of(ADA)],
        env={"PATH": os.environ["PATH"]},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert authority.exists()
    assert "the server cannot be measured" in finished.stderr
    assert "certificate verify failed" in finished.stderr.lower()
    assert finished.returncode == 5


@pytest.mark.parametrize(
    ("given", "sent"), [("abc", "abc"), (" Bearer abc\n", "abc"), ("bearer  a.b.c", "a.b.c")]
)
def test_a_token_may_be_copied_with_its_scheme(given: str, sent: str) -> None:
    assert strip_scheme(given) == sent


@pytest.mark.parametrize("given", ["", "Bearer ", "two words", "a\r\nx-admin: yes", "tökén"])
def test_what_is_no_token_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="a token is one word"):
        strip_scheme(given)


def test_how_long_a_token_is_good_is_read_from_it() -> None:
    token = token_of(ADA)
    left = seconds_left(token, 0)
    assert left is not None
    assert seconds_left(token, left - 10) == 10
    assert [seconds_left(one, 0) for one in ("opaque", "a.b.c", "a.bnVsbA.c")] == [None] * 3


def test_writes_are_sent_where_they_are_agreed_to_and_nobody_is_ever_erased() -> None:
    target = target_of_running_server(
        "https://api.example/graphql/", ["a"], None, takes_writes=True
    )
    assert target.url == "https://api.example"
    assert list(left_out(FLOWS, target)) == [
        "RequestPrivacyDelete",
        "EnterpriseUsage",
        "GenerateGuidance",
    ]
    flows = select_flows(FLOWS, target)
    callers = Callers.for_flows(flows, target.credentials, ["a"], by_id=True)
    sent = callers.request(PlannedRequest(0, "", "SendMessage"))
    assert orjson.loads(sent.body)["documentId"] == "x-guidance-SendMessage"
    # Refused by a server that protects itself from whoever asks much: no error.
    assert {"429"} <= callers.request(PlannedRequest(0, "", "Quota")).accepts
    assert outcome_of(429, b"", accepts=sent.accepts).kind is OutcomeKind.PROTECTED


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.example", "api.example"),
        ("https://api.example:8443/graphql", "api.example:8443"),
        ("http://[::1]:8000/", "[::1]:8000"),
    ],
)
def test_a_server_is_called_by_its_name(url: str, host: str) -> None:
    assert Address.of(url).name == host


def test_an_address_with_a_path_is_refused() -> None:
    with pytest.raises(ValueError, match="has a path"):
        Address.of("https://api.example/v1")
