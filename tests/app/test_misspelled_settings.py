"""Names of variables that are nearly those of settings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings import Settings, load_settings
from app.settings.misspelled import misspelled, report_misspelled, report_misspelled_before
from tests.captured_logs import capture_logs

SETTINGS = sorted(name.upper() for name in Settings.model_fields if not name.startswith("otel"))


@pytest.mark.parametrize(
    ("variable", "setting"),
    [
        ("GRAPHQL_MAX_COSTS", "GRAPHQL_MAX_COST"),
        ("CHAT_LLM_BASEURL", "CHAT_LLM_BASE_URL"),
        ("REDIS_URI", "REDIS_URL"),
        ("graphql_allowed_origin", "GRAPHQL_ALLOWED_ORIGINS"),
    ],
)
def test_a_typo_is_reported_with_what_is_meant(variable: str, setting: str) -> None:
    assert misspelled({variable: "x"}) == {variable.upper(): setting}


def test_what_others_read_is_left_alone() -> None:
    others = ("HTTP_PROXY", "PATH", "DATABASE_NAME", "REDIS_PORT", "OTEL_TRACES_SAMPLER", "HOME")
    assert misspelled(dict.fromkeys(others, "x")) == {}


def test_a_name_beside_the_setting_is_not_reported() -> None:
    assert misspelled({"REDIS_URL": "x", "REDIS_URI": "x"}) == {}


@given(st.sampled_from(SETTINGS), st.data())
def test_a_letter_left_out_of_a_long_name_is_found(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(name) - 1))
    typed = name[:place] + name[place + 1 :]
    if len(name) > 8 and typed not in SETTINGS:
        assert typed in misspelled({typed: "x"})


def test_the_line_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHQL_MAX_COSTS", "10")
    with capture_logs() as logs:
        report_misspelled()
    assert {
        "event": "no setting has this name",
        "log_level": "warning",
        "variable": "GRAPHQL_MAX_COSTS",
        "meant": "GRAPHQL_MAX_COST",
    } in [{key: one[key] for key in one if key != "logger"} for one in logs]


def test_what_a_command_sets_by_itself_does_not_hide_a_typo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`guidance demo` sets the address of its stand-in, and the server that of its database."""
    monkeypatch.delenv("CHAT_LLM_BASE_URL", raising=False)
    monkeypatch.setenv("CHAT_LLM_BASE_UR", "https://model.example")
    monkeypatch.setenv("GRAPHQL_MAX_COSTS", "10")
    settings = load_settings()
    monkeypatch.setenv("CHAT_LLM_BASE_URL", "http://127.0.0.1:1/v1")
    with capture_logs() as logs:
        report_misspelled_before(settings)
    assert [(one["variable"], one["meant"]) for one in logs] == [
        ("CHAT_LLM_BASE_UR", "CHAT_LLM_BASE_URL")
    ]
