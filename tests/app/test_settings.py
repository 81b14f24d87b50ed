"""Settings: defaults, and refusals that name the variable and keep the secret."""

from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings, SettingsRefused, load_settings
from services.enterprise.records import UsageContract, UsageLimitMode

LONG = "long enough to be a secret of ours and more"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """None of our variables is set."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def test_what_holds_when_nothing_is_set() -> None:
    settings = load_settings()
    assert not settings.is_production
    assert settings.database_url is None
    assert settings.guidance_data_dir == Path(".data")
    assert settings.usage_contract == UsageContract(500, 10_000, UsageLimitMode.BLOCK)
    assert (settings.has_page, settings.allows_introspection) == (True, True)


def test_an_empty_variable_is_not_set(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "")
    environment.setenv("B2B_DAILY_USAGE_LIMIT", "")
    assert load_settings() == Settings()


def test_former_secrets_are_separated_by_commas(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("JWT_PREVIOUS_SECRET_KEYS", f"{LONG} one, {LONG} two")
    former = [one.get_secret_value() for one in load_settings().jwt_previous_secret_keys]
    assert former == [f"{LONG} one", f"{LONG} two"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("APP_ENV", "staging"),
        ("DATABASE_URL", "mysql://secret@host/db"),
        ("DATABASE_POOL_SIZE", "0"),
        ("DATABASE_POOL_SIZE", "many"),
        ("REDIS_URL", "http://secret@host"),
        ("JWT_SECRET_KEY", "secret"),
        ("JWT_PREVIOUS_SECRET_KEYS", "secret"),
        ("JWT_PREVIOUS_SECRET_KEYS", f"{LONG},secret"),
        ("JWT_JWKS_URL", "file:///secret"),
        ("BILLING_SUBSCRIPTION_CACHE_TTL_SECONDS", "-1"),
        ("BILLING_SUBSCRIPTION_CACHE_TTL_SECONDS", "nan"),
        ("BILLING_SUBSCRIPTION_CACHE_TTL_SECONDS", "3601"),
        ("B2B_DAILY_USAGE_LIMIT", "-1"),
        ("B2B_USAGE_LIMIT_MODE", "sometimes"),
        ("GRAPHQL_IDE", "perhaps"),
        ("GRAPHQL_MAX_TOKENS", "1.5"),
        ("SHUTDOWN_GRACE_SECONDS", "0"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    environment: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    environment.setenv(variable, value)
    with pytest.raises(SettingsRefused) as refused:
        load_settings()
    assert str(refused.value).startswith(variable)
    assert "secret" not in str(refused.value).lower().replace(variable.lower(), "")


def test_production_needs_a_secret(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("APP_ENV", "production")
    with pytest.raises(SettingsRefused, match="needs JWT_SECRET_KEY or JWT_JWKS_URL"):
        load_settings()


@pytest.mark.parametrize("name", ["JWT_SECRET_KEY", "JWT_JWKS_URL"])
def test_production_is_closed_unless_opened(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.setenv("APP_ENV", "production")
    environment.setenv(name, LONG if name == "JWT_SECRET_KEY" else "https://id.example/keys")
    closed = load_settings()
    assert (closed.has_page, closed.allows_introspection) == (False, False)
    environment.setenv("GRAPHQL_IDE", "true")
    environment.setenv("GRAPHQL_INTROSPECTION", "1")
    opened = load_settings()
    assert (opened.has_page, opened.allows_introspection) == (True, True)


def test_a_secret_is_not_shown() -> None:
    values: dict[str, Any] = {"jwt_secret_key": LONG, "database_url": f"postgresql://u:{LONG}@h/d"}
    assert LONG not in repr(Settings(**values))
