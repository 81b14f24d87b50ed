"""Two instances that share what they remember."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.app.graphql.transports.http.instances import Instances
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.server import serving, settings_for
from tests.fixtures.stores.postgres import new_database


@pytest.fixture(scope="package")
def instances(
    postgres: str,
    world_template: str,
    tmp_path_factory: pytest.TempPathFactory,
    redis_url: str,
    stand_in_process: StandInControl,
) -> Iterator[Instances]:
    folder = tmp_path_factory.mktemp("data")
    with ExitStack() as stack:
        url = stack.enter_context(new_database(postgres, world_template))
        settings = settings_for(
            url,
            folder,
            redis_url=redis_url,
            serve_runs_worker=False,
            chat_llm_base_url=stand_in_process.url,
            graphql_person_budget=1_000_000,
        )
        first, second = (stack.enter_context(serving(settings)) for _ in range(2))
        yield Instances(first, second, url)
