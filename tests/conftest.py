"""Every fixture has its file; this one names them."""

import gc
from collections.abc import Generator
from typing import Any

import pytest
import structlog
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.typing import EventDict

# Of what is imported and collected nothing is ever garbage, and looking through it again and again
# would take a quarter of the time: it is not looked at, neither while it comes nor later.
gc.disable()
*_before, _ = structlog.get_config()["processors"]
# As it is, the logger would take seconds to draw each traceback with the variables of its frames.
_draw = ConsoleRenderer(colors=False, exception_formatter=plain_traceback)


def _line_of(logger: Any, level: str, event: EventDict) -> str:  # Any: as structlog has it
    for processor in _before:
        event = processor(logger, level, event)
    return _draw(logger, level, event)


# One processor, which `capture_logs` can exchange in one step. Lines go to the descriptor: pytest
# exchanges `sys.stdout` between tests, and CPython 3.12 crashed where a server's thread printed to
# it meanwhile.
_standard_output = open(1, "w", closefd=False)  # noqa: SIM115 - for all tests
structlog.configure(
    processors=[_line_of], logger_factory=structlog.PrintLoggerFactory(_standard_output)
)

pytest_plugins = [
    "tests.fixtures.run.bytecode",
    "tests.fixtures.run.examples",
    "tests.fixtures.run.unit",
    "tests.fixtures.run.by_folder",
    "tests.fixtures.run.settings",
    "tests.fixtures.run.tools",
    "tests.fixtures.stores.postgres",
    "tests.fixtures.run.interrupted",
    "tests.fixtures.stores.redis",
    "tests.fixtures.stores.world",
    "tests.fixtures.servers.server",
    "tests.fixtures.outside.collector",
    "tests.fixtures.outside.llm",
    "tests.fixtures.servers.chat",
    "tests.fixtures.outside.schema_registry",
    "tests.fixtures.outside.stripe",
    "tests.fixtures.servers.billing",
    "tests.fixtures.servers.live",
    "tests.fixtures.servers.subgraph",
    "tests.fixtures.clients.npm",
    "tests.fixtures.clients.browser",
]

EXECUTION_CASES = 2_000


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop in which asynchronous tests run: each in a new one."""
    return "asyncio"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for garbage from now on, but not among what is there."""
    collected = yield
    gc.freeze()
    gc.enable()
    return collected


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what only some tests ask for."""
    parser.addoption(
        "--long-programs",
        action="store_true",
        help="play every order of the cache's long programs too, which takes many minutes",
    )
    parser.addoption(
        "--real-versions",
        action="store_true",
        help="compare two real versions of the server in turns, which takes minutes",
    )
    parser.addoption(
        "--whole-night",
        action="store_true",
        help="run a whole night of performance tests, with real servers, which takes a minute",
    )
    parser.addoption(
        "--graphql-cores-tests",
        action="store_true",
        help="fetch graphql-core's own tests of execution, and run them with compiled code",
    )
    parser.addoption(
        "--cases",
        type=int,
        default=EXECUTION_CASES,
        help="how many generated cases both executors run, 2,000 unless said otherwise",
    )
