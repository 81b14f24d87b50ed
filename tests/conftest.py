"""Every fixture has its file; this one names them."""

pytest_plugins = [
    "tests.fixtures.postgres",
    "tests.fixtures.redis",
    "tests.fixtures.world",
    "tests.fixtures.server",
    "tests.fixtures.llm",
    "tests.fixtures.chat",
    "tests.fixtures.stripe",
    "tests.fixtures.live",
]
