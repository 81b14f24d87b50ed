"""Settings: defaults, and refusals that name the variable and keep the secret."""

from pathlib import Path
from typing import Any

import pytest

from app.settings import InvalidSettings, Settings, load_settings
from clients.llm.configuration import LanguageModelConfig, RetryPolicy
from clients.payments.opening import PaymentConfiguration
from services.enterprise.records import UsageContract, UsageLimitMode
from tests.fixtures.run.settings import LONG, set_all

pytestmark = pytest.mark.usefixtures("environment")
KEY = LONG.replace(" ", "-")
MODEL_URL = "https://model.example/v1"
STRIPE = {"PAYMENTS_STRIPE_API_KEY": f"sk_{LONG}"}


def test_what_holds_when_nothing_is_set() -> None:
    settings = load_settings()
    assert not settings.is_production
    assert settings.database_url is None
    assert settings.guidance_data_dir == Path(".data")
    assert settings.usage_contract == UsageContract(500, 10_000, UsageLimitMode.BLOCK)
    assert (settings.serves_explorer, settings.allows_introspection) == (True, True)
    assert settings.payments == PaymentConfiguration(stripe=None, webhook_secrets=())


def test_an_empty_variable_is_not_set(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "")
    environment.setenv("B2B_DAILY_USAGE_LIMIT", "")
    assert load_settings() == Settings()


def test_former_secrets_are_separated_by_commas(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("JWT_PREVIOUS_SECRET_KEYS", f"{LONG} one, {LONG} two")
    former = [one.get_secret_value() for one in load_settings().jwt_previous_secret_keys]
    assert former == [f"{LONG} one", f"{LONG} two"]


def test_origins_are_separated_by_commas(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("GRAPHQL_ALLOWED_ORIGINS", "https://Chat.example/, http://localhost:3000")
    origins = load_settings().graphql_allowed_origins
    assert origins == ("https://chat.example", "http://localhost:3000")


def test_proxies_are_addresses_and_networks(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TRUSTED_PROXIES", "10.0.0.1, 10.1.0.0/16, ::1")
    assert load_settings().trusted_proxies == ("10.0.0.1", "10.1.0.0/16", "::1")


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
        ("JWT_JWKS_URL", "secret"),
        ("JWT_JWKS_URL", "https://"),
        ("JWT_JWKS_URL", "http://[::1"),
        ("JWT_JWKS_URL", "ftp://localhost/secret"),
        ("CHAT_LLM_BASE_URL", "secret.example/v1"),
        ("CHAT_LLM_BASE_URL", "https:///secret"),
        ("CHAT_LLM_API_KEY", "a secret"),
        ("CHAT_LLM_API_KEY", "secrét"),
        ("CHAT_LLM_TIMEOUT_SECONDS", "0"),
        ("CHAT_LLM_TIMEOUT_SECONDS", "inf"),
        ("CHAT_LLM_RETRY_COUNT", "-1"),
        ("CHAT_LLM_RETRY_BACKOFF_SECONDS", "-0.1"),
        ("CHAT_LLM_RETRY_BACKOFF_MAX_SECONDS", "nan"),
        ("CHAT_CONTEXT_WINDOW_MESSAGES", "0"),
        ("CHAT_CONTEXT_MAX_CHARACTERS", "0"),
        ("BILLING_SUBSCRIPTION_CACHE_TTL_SECONDS", "-1"),
        ("BILLING_SUBSCRIPTION_CACHE_TTL_SECONDS", "nan"),
        ("BILLING_SUBSCRIPTION_CACHE_TTL_SECONDS", "3601"),
        ("B2B_DAILY_USAGE_LIMIT", "-1"),
        ("B2B_USAGE_LIMIT_MODE", "sometimes"),
        ("PAYMENTS_PROVIDER", "cash"),
        ("PAYMENTS_PROVIDER", "stripe"),
        ("PAYMENTS_STRIPE_API_KEY", "pk_secret"),
        ("PAYMENTS_STRIPE_BASE_URL", "ftp://secret"),
        ("PAYMENTS_TIMEOUT_SECONDS", "0"),
        ("PAYMENTS_WEBHOOK_SECRETS", f"{LONG},secret"),
        ("GRAPHQL_IDE", "perhaps"),
        ("GRAPHQL_ALLOWED_ORIGINS", "*"),
        ("GRAPHQL_ALLOWED_ORIGINS", "https://chat.example, chat.example"),
        ("GRAPHQL_ALLOWED_ORIGINS", "https://chat.example/page"),
        ("GRAPHQL_MAX_TOKENS", "1.5"),
        ("WORKER_EVERY_SECONDS", "0"),
        ("SHUTDOWN_GRACE_SECONDS", "0"),
        ("GRAPHQL_ADDRESS_BUDGET", "-1"),
        ("GRAPHQL_ADDRESS_BUDGET", "4999"),
        ("TRUSTED_PROXIES", "*"),
        ("TRUSTED_PROXIES", "10.0.0.1, proxy.example"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    environment: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    environment.setenv(variable, value)
    with pytest.raises(InvalidSettings) as refused:
        load_settings()
    assert str(refused.value).startswith(variable)
    assert "secret" not in str(refused.value).lower().replace(variable.lower(), "")


DIGEST = ":".join(["aB"] * 32)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"GRAPHQL_ROUTER_KEYS": LONG}, "need GRAPHQL_FEDERATION=true"),
        ({"GRAPHQL_ROUTER_CERTIFICATES": DIGEST}, "need GRAPHQL_FEDERATION=true"),
        ({"GRAPHQL_ROUTER_CERTIFICATES": DIGEST[1:]}, "must be SHA-256 fingerprints"),
        (
            {"GRAPHQL_FEDERATION": "1", "GRAPHQL_OPERATIONS_MODE": "trusted"},
            "would let no router in",
        ),
        (
            {
                "GRAPHQL_FEDERATION": "1",
                "GRAPHQL_ROUTER_KEYS": LONG,
                "GRAPHQL_ROUTER_BUDGET": "4999",
            },
            "must be GRAPHQL_MAX_COST or more",
        ),
    ],
)
def test_routers_that_do_not_fit_are_refused(
    environment: pytest.MonkeyPatch, variables: dict[str, str], message: str
) -> None:
    set_all(environment, variables)
    with pytest.raises(InvalidSettings, match=message):
        load_settings()


def test_agents_are_sent_to_issuers_only_with_an_address_to_ask_for(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("MCP_AUTHORIZATION_SERVERS", "https://id.example")
    with pytest.raises(InvalidSettings, match="needs MCP_URL"):
        load_settings()


def test_a_certificate_is_known_by_its_fingerprint(environment: pytest.MonkeyPatch) -> None:
    set_all(environment, {"GRAPHQL_FEDERATION": "true", "GRAPHQL_ROUTER_CERTIFICATES": DIGEST})
    assert load_settings().graphql_router_certificates == ("ab" * 32,)


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("https://chat.example,Chat.example", "for this one write https://chat.example"),
        ("http://localhost:3000/page", "for this one write http://localhost:3000"),
        ("*", "pages of any origin cannot be let in"),
        ("https://*.chat.example", "pages of any origin cannot be let in"),
        ("file://", "each has a scheme and a host, and perhaps a port"),
    ],
)
def test_a_wrong_origin_is_answered_with_a_right_one(
    environment: pytest.MonkeyPatch, value: str, advice: str
) -> None:
    environment.setenv("GRAPHQL_ALLOWED_ORIGINS", value)
    with pytest.raises(InvalidSettings) as refused:
        load_settings()
    assert str(refused.value) == (
        "GRAPHQL_ALLOWED_ORIGINS: must be origins like "
        f"https://chat.example,http://localhost:3000; {advice}"
    )


@pytest.mark.parametrize("url", ["http://localhost:9/keys", "http://keycloak:8080/k"])
def test_keys_may_come_over_plain_http_in_development(
    environment: pytest.MonkeyPatch, url: str
) -> None:
    environment.setenv("JWT_JWKS_URL", url)
    assert load_settings().jwt_jwks_url == url


def test_the_stand_in_writes_when_no_model_is_set(environment: pytest.MonkeyPatch) -> None:
    assert load_settings().uses_stand_in
    assert load_settings().language_model == LanguageModelConfig(
        base_url="http://127.0.0.1:8001/v1",
        api_key="stand-in",
        model="stand-in",
        timeout_seconds=20,
        retries=RetryPolicy(
            retry_count=2, backoff_seconds=0.2, backoff_max_seconds=1.5, jitter_seconds=0.1
        ),
    )
    environment.setenv("CHAT_LLM_BASE_URL", MODEL_URL)
    assert not load_settings().uses_stand_in


def test_the_sandbox_can_be_chosen_in_spite_of_a_key(environment: pytest.MonkeyPatch) -> None:
    set_all(environment, STRIPE | {"PAYMENTS_PROVIDER": "sandbox"})
    assert load_settings().payments.stripe is None


def test_a_secret_is_not_shown() -> None:
    values: dict[str, Any] = {
        "jwt_secret_key": LONG,
        "database_url": f"postgresql://u:{LONG}@h/d",
        "chat_llm_api_key": KEY,
        "payments_stripe_api_key": f"sk_{LONG}",
        "payments_webhook_secrets": (LONG,),
    }
    settings = Settings(**values)
    shown = repr(settings) + repr(settings.payments) + repr(settings.language_model)
    assert LONG not in shown
    assert KEY not in shown
