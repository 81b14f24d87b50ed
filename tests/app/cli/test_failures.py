"""A failure is reported in one line that says something."""

import click
import pytest

from app.cli.failures.database_failures import reporting_database_failures


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (TimeoutError(), "it cannot be used: no answer came in time"),
        (TimeoutError("[Errno 110] Connection timed out"), "[Errno 110] Connection timed out"),
        (ConnectionResetError(), "it cannot be used: ConnectionResetError"),
        (OSError("refused\nDETAIL: a value"), "it cannot be used: refused"),
    ],
)
def test_every_failure_has_a_reason(failure: Exception, said: str) -> None:
    with (
        pytest.raises(click.ClickException) as reported,
        reporting_database_failures("it cannot be used"),
    ):
        raise failure
    assert reported.value.format_message().endswith(said)
