"""Every fixture has its file; this one names them."""

pytest_plugins = [
    "tests.fixtures.postgres",
    "tests.fixtures.world",
    "tests.fixtures.server",
]
