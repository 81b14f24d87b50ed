"""The example of nginx as a cache: what is public is answered by it, and nothing else."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.deploy.proxies import Proxy, nginx
from tests.fixtures.servers.server import metrics_of, serving, settings_for, token_of
from tests.fixtures.stores.world import ADA, GRACE
from tests.waiting import until

pytestmark = pytest.mark.heavy
ASKED = "guidance_operations_total"


@pytest.fixture(scope="module")
def edge(
    world: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[httpx2.Client, httpx2.Client]]:
    """Clients of the cache, and of the server behind it."""
    settings = settings_for(world, tmp_path_factory.mktemp("data"), serve_runs_worker=False)
    with serving(settings) as api:
        port = httpx2.URL(str(api.http.base_url)).port or 0
        with nginx([port], tmp_path_factory.mktemp("nginx")) as proxy, client(proxy) as http:
            until(lambda: http.get("/readyz").status_code == 200)
            yield http, api.http


def client(proxy: Proxy) -> httpx2.Client:
    return httpx2.Client(base_url=proxy.url, verify=proxy.tls or True, timeout=10)


def asked(server: httpx2.Client) -> float:
    """How many operations the server has answered."""
    lines = metrics_of(server).splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(ASKED))


def test_what_is_public_is_asked_once(edge: tuple[httpx2.Client, httpx2.Client]) -> None:
    http, server = edge
    query = {"query": "{ plans { code displayName } }"}
    before = asked(server)
    answers = [http.get("/graphql", params=query) for _ in range(3)]
    assert [one.headers["x-cache-status"] for one in answers] == ["MISS", "HIT", "HIT"]
    assert asked(server) - before == 1
    assert len({one.content for one in answers}) == 1
    tag = answers[0].headers["etag"]
    again = http.get("/graphql", params=query, headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert asked(server) - before == 1


def test_what_is_kept_is_validated_when_it_is_old(
    edge: tuple[httpx2.Client, httpx2.Client],
) -> None:
    http, _ = edge
    query = {"query": "query Old @cacheControl(maxAge: 1) { plans { code } }"}
    first = http.get("/graphql", params=query)
    assert first.headers["x-cache-status"] == "MISS"
    until(lambda: http.get("/graphql", params=query).headers["x-cache-status"] == "REVALIDATED")


def test_what_is_personal_is_never_kept(edge: tuple[httpx2.Client, httpx2.Client]) -> None:
    http, _ = edge
    for _ in range(2):
        emails = []
        for person in (ADA, GRACE):
            headers = {"authorization": f"Bearer {token_of(person)}"}
            answer = http.get("/graphql", params={"query": "{ viewer { email } }"}, headers=headers)
            assert "x-cache-status" not in answer.headers
            emails.append(answer.json()["data"]["viewer"]["email"])
        assert emails == ["ada@example.com", "grace@example.com"]


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("GET", {"query": "{ viewer { email } }"}),
        ("GET", {"query": "query Own @cacheControl(maxAge: 60) { viewer { email } }"}),
        ("GET", {"query": "{ plans { code } nope }"}),
        ("GET", {"query": "mutation { startConversation(input: {}) { userErrors { code } } }"}),
        ("POST", {"query": "{ plans { code } }"}),
    ],
)
def test_what_is_not_public_is_kept_for_nobody_even_without_credentials(
    edge: tuple[httpx2.Client, httpx2.Client], method: str, parameters: dict[str, str]
) -> None:
    """The cache would keep what it may: the answers say that it may not."""
    http, _ = edge
    for _ in range(2):
        sent = {"params": parameters} if method == "GET" else {"json": parameters}
        answer = http.request(method, "/graphql", **sent)  # type: ignore[arg-type]  # both are JSON
        assert answer.headers.get("x-cache-status", "MISS") == "MISS"
        assert "public" not in answer.headers["cache-control"]


def test_what_is_personal_is_validated_by_the_server(
    edge: tuple[httpx2.Client, httpx2.Client],
) -> None:
    http, _ = edge
    query = {"query": "query Own { viewer { email } }"}
    headers = {"authorization": f"Bearer {token_of(ADA)}"}
    tag = http.get("/graphql", params=query, headers=headers).headers["etag"]
    again = http.get("/graphql", params=query, headers={**headers, "if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    headers["authorization"] = f"Bearer {token_of(GRACE)}"
    other = http.get("/graphql", params=query, headers={**headers, "if-none-match": tag})
    assert other.json() == {"data": {"viewer": {"email": "grace@example.com"}}}


def test_each_coding_is_kept_by_itself(edge: tuple[httpx2.Client, httpx2.Client]) -> None:
    http, _ = edge
    names = " ".join(f"p{number}: plans {{ code displayName }}" for number in range(40))
    query = {"query": f"{{ {names} }}"}
    for status in ("MISS", "HIT"):
        for coding in ("br", "gzip", "identity"):
            answer = http.get("/graphql", params=query, headers={"accept-encoding": coding})
            assert answer.headers["x-cache-status"] == status
            assert answer.headers.get("content-encoding", "identity") == coding
