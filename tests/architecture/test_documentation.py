"""The documentation: complete against the code, and its examples run."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.server import Api, issue_key, serving, settings_for
from tests.fixtures.stores.world import ADA, ADAS_COMPANY, ALAN

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DECISIONS = ROOT / "docs/decisions"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLE = re.compile(
    r"```graphql(?: (api-key|unpaid))?\n(.*?)```(?:\s*```json variables\n(.*?)```)?"
    r"(?:\s*```json( body)?\n(.*?)```)?",
    re.DOTALL,
)
SOURCE_PATH = re.compile(
    r"`((?:app|cache|clients|db|gql|keyvalue|loaders|migrations|ops|perf|services|streams|tests)/[\w./-]+)"
)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
EXAMPLES = [
    pytest.param(*found, id=f"{page.name}-{index}")
    for page in PAGES
    for index, found in enumerate(EXAMPLE.findall(page.read_text()))
]


@pytest.fixture
def api_of_its_own(own_world: str, stand_in: StandInControl, tmp_path: Path) -> Iterator[Api]:
    """A server for an example that changes something."""
    settings = settings_for(own_world, tmp_path, chat_llm_base_url=stand_in.url)
    with serving(settings) as running:
        yield running


@pytest.mark.heavy
@pytest.mark.parametrize(("caller", "document", "variables", "whole", "answer"), EXAMPLES)
def test_an_example_runs_and_answers_as_written(
    request: pytest.FixtureRequest,
    caller: str,
    document: str,
    variables: str,
    whole: str,
    answer: str,
) -> None:
    """As a person, with a key of her company, or as who has paid nothing; the data, or the body."""
    changes = document.startswith("mutation")
    api: Api = request.getfixturevalue("api_of_its_own" if changes else "api")
    url = request.getfixturevalue("own_world" if changes else "world")
    viewer = None if caller == "api-key" else ALAN if caller == "unpaid" else ADA
    key = issue_key(url, ADAS_COMPANY) if viewer is None else None
    body = api.ask(document, orjson.loads(variables or "{}"), viewer=viewer, api_key=key)
    data = body["data"]
    if changes:
        assert [payload["userErrors"] for payload in data.values()] == [[]] * len(data)
    if answer:
        said = body if whole else data
        assert said == orjson.loads(answer), orjson.dumps(said).decode()


def test_every_dependency_has_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    named = [one for one in (*groups["build"], *groups["dev"]) if isinstance(one, str)]
    requirements = [*project["project"]["dependencies"], *named]
    wanted = sorted(re.split(r"[\[>;]", requirement)[0] for requirement in requirements)
    page = (ROOT / "docs" / "dependencies.md").read_text()
    assert sorted(re.findall(r"^\| ([a-z][a-z0-9-]+) \| (?!what)", page, re.MULTILINE)) == wanted, (
        "add a line to docs/dependencies.md, or remove one"
    )


@pytest.mark.parametrize(
    "name", ["requirements.lock", "deploy/production.lock", "deploy/build.lock"]
)
def test_the_lock_files_have_hashes_and_no_address(name: str) -> None:
    lock = (ROOT / name).read_text()
    entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"://|--(extra-)?index|--find-links", lock)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert missing == []


def test_every_page_is_within_two_clicks_of_the_readme() -> None:
    """Decision records are found in their folder."""
    reached = {README}
    for _ in range(2):
        links = [page.parent / link for page in reached for link in LINK.findall(page.read_text())]
        reached |= {link.resolve() for link in links if link.suffix == ".md"}
    assert [page.name for page in PAGES if page not in reached and page.parent != DECISIONS] == []


def test_the_readme_takes_two_minutes() -> None:
    """At 250 words a minute, without what is there to be looked up or pasted."""
    text, _, links = README.read_text().partition("## More")
    prose = re.sub(r"\]\([^)]*\)", "]", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    assert len(re.findall(r"\w[\w'-]*", prose)) <= 500
    assert len(re.findall(r"^\| `guidance", text, re.MULTILINE)) == 7
    assert len(links.splitlines()) <= 50


def test_what_the_readme_claims_is_what_was_agreed() -> None:
    claim = re.compile(
        r"Twenty conversations with ten messages each take (\w+) statements; "
        r"starting or renaming one takes (\w+)"
    )
    found = claim.search(" ".join(README.read_text().split()))
    assert found is not None
    claimed = [{"one": 1, "two": 2}[word] for word in found.groups()]
    budgets = tomllib.loads((ROOT / "gql/documents/files/budgets.toml").read_text())
    agreed = {name: budget.get("statements") for name, budget in budgets.items()}
    assert claimed == [agreed["ConversationsWithMessages"], agreed["StartConversation"]]
    assert agreed["RenameConversation"] == agreed["StartConversation"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Path) -> None:
    """Decision records may name what is gone."""
    if page.parent.name != "decisions":
        named = SOURCE_PATH.findall(page.read_text())
        assert [path for path in named if not (ROOT / path).exists()] == []


def test_decision_records_are_short() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    assert not [record.name for record in records if len(record.read_text().splitlines()) > 50]


def test_a_term_has_one_meaning_and_lives_where_the_glossary_says() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text()
    rows = re.findall(r"^\| (?!term|---)(.+?) \| .+ \| (.+) \|$", page, re.MULTILINE)
    terms = [term for term, _ in rows]
    assert sorted({term for term in terms if terms.count(term) > 1}) == []
    places = [place for _, where in rows for place in re.findall("`(.+?)`", where)]
    assert [place for place in places if not any(ROOT.glob(place))] == []
    assert len(places) >= len(terms)
