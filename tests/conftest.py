"""Every fixture has its file; this one names them."""

import pytest
from hypothesis import settings

settings.register_profile("long", max_examples=5_000)

pytest_plugins = [
    "tests.fixtures.postgres",
    "tests.fixtures.redis",
    "tests.fixtures.world",
    "tests.fixtures.server",
    "tests.fixtures.llm",
    "tests.fixtures.chat",
    "tests.fixtures.stripe",
    "tests.fixtures.billing",
    "tests.fixtures.live",
    "tests.fixtures.npm",
]

EXECUTION_CASES = 20_000


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what only the tests of the cache and of execution ask for."""
    parser.addoption(
        "--long-programs",
        action="store_true",
        help="play every order of the cache's long programs too, which takes many minutes",
    )
    parser.addoption(
        "--cases",
        type=int,
        default=EXECUTION_CASES,
        help="how many generated cases both executors run, 20,000 unless said otherwise",
    )
