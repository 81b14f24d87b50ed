"""Who asks by way of a proxy: the one it names where it is trusted, otherwise the proxy itself."""

from pathlib import Path

import pytest

from tests.fixtures.servers.server import serving, settings_for

BODY = {"query": "{ plans { code } }"}
SMALL = {"graphql_address_budget": 20, "graphql_max_cost": 20, "graphql_address_restore_rate": 1}


@pytest.mark.parametrize(
    ("trusted", "left"),
    [(("127.0.0.1",), [18, 18]), (("10.0.0.1",), [18, 16]), ((), [18, 16])],
    ids=["trusted", "another is trusted", "none is trusted"],
)
def test_addresses_that_a_proxy_names(
    world: str, tmp_path: Path, trusted: tuple[str, ...], left: list[int]
) -> None:
    settings = settings_for(
        world, tmp_path, serve_runs_worker=False, trusted_proxies=trusted, **SMALL
    )
    with serving(settings) as api:
        answers = [
            api.http.post("/graphql", json=BODY, headers={"x-forwarded-for": address})
            for address in ("203.0.113.7", "203.0.113.8")
        ]
    assert [remaining(answer.headers["ratelimit"]) for answer in answers] == left


def test_several_fields_are_one_list_of_which_the_last_stranger_counts(
    world: str, tmp_path: Path
) -> None:
    settings = settings_for(world, tmp_path, serve_runs_worker=False, **SMALL)
    with serving(settings) as api:
        answers = [
            api.http.post(
                "/graphql",
                json=BODY,
                headers=[("x-forwarded-for", claimed), ("x-forwarded-for", "203.0.113.7")],
            )
            for claimed in ("203.0.113.8", "203.0.113.9")
        ]
    assert [remaining(answer.headers["ratelimit"]) for answer in answers] == [18, 16]


def remaining(field: str) -> int:
    """The units left that a RateLimit field gives."""
    return int(field.split(";")[1].removeprefix("r="))
