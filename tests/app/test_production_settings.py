"""Settings of production: what it needs, and what it refuses because it is for development."""

import pytest

from app.settings import InvalidSettings, load_settings
from clients.payments.opening import PaymentConfiguration, StripeAccess
from tests.fixtures.run.settings import DATABASE, LONG, set_all
from tests.fixtures.servers.production import PRODUCTION

pytestmark = pytest.mark.usefixtures("environment")
MODEL_URL = "https://model.example/v1"


def test_production_needs_a_secret(environment: pytest.MonkeyPatch) -> None:
    set_all(environment, {"APP_ENV": "production"} | DATABASE)
    with pytest.raises(InvalidSettings, match="needs JWT_SECRET_KEY or JWT_JWKS_URL"):
        load_settings()


WEAK = ("a" * 32, "secret " * 9, "abcdefgh" * 8, "0123456789abcdef" * 2)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"DATABASE_URL": ""}, "production needs DATABASE_URL"),
        ({"JWT_JWKS_URL": "http://127.0.0.1/keys"}, "JWT_JWKS_URL that begins with https://"),
        ({"JWT_JWKS_URL": "http://keycloak:8080/k"}, "JWT_JWKS_URL that begins with https://"),
        *(({"JWT_SECRET_KEY": weak}, "a JWT_SECRET_KEY drawn at random") for weak in WEAK),
        *(
            ({"JWT_PREVIOUS_SECRET_KEYS": f"{LONG},{weak}"}, "a JWT_PREVIOUS_SECRET_KEYS drawn at")
            for weak in WEAK
        ),
        *(
            ({"PAYMENTS_WEBHOOK_SECRETS": weak}, "PAYMENTS_WEBHOOK_SECRETS drawn at random")
            for weak in WEAK
        ),
        (
            {
                "PAYMENTS_PROVIDER": "stripe",
                "PAYMENTS_STRIPE_API_KEY": f"sk_{LONG}",
                "PAYMENTS_STRIPE_BASE_URL": "http://stripe.example",
                "PAYMENTS_WEBHOOK_SECRETS": LONG,
            },
            "PAYMENTS_STRIPE_BASE_URL that begins with https://",
        ),
    ],
)
def test_production_refuses_what_is_for_development(
    environment: pytest.MonkeyPatch, variables: dict[str, str], message: str
) -> None:
    set_all(environment, PRODUCTION | DATABASE | {"JWT_SECRET_KEY": LONG} | variables)
    with pytest.raises(InvalidSettings, match=message) as refused:
        load_settings()
    assert "\n" not in str(refused.value)
    assert not any(weak in str(refused.value) for weak in WEAK)
    environment.setenv("APP_ENV", "development")
    load_settings()


@pytest.mark.parametrize("name", ["JWT_SECRET_KEY", "JWT_JWKS_URL"])
def test_production_is_closed_unless_opened(environment: pytest.MonkeyPatch, name: str) -> None:
    set_all(environment, PRODUCTION | DATABASE)
    environment.setenv(name, LONG if name == "JWT_SECRET_KEY" else "https://id.example/keys")
    closed = load_settings()
    assert (closed.serves_explorer, closed.allows_introspection) == (False, False)
    environment.setenv("GRAPHQL_IDE", "true")
    environment.setenv("GRAPHQL_INTROSPECTION", "1")
    opened = load_settings()
    assert (opened.serves_explorer, opened.allows_introspection) == (True, True)


def test_production_needs_a_model(environment: pytest.MonkeyPatch) -> None:
    set_all(environment, {"APP_ENV": "production", "JWT_SECRET_KEY": LONG} | DATABASE)
    with pytest.raises(InvalidSettings, match="needs CHAT_LLM_BASE_URL"):
        load_settings()


MODEL = {"CHAT_LLM_BASE_URL": MODEL_URL}
STRIPE = {"PAYMENTS_STRIPE_API_KEY": f"sk_{LONG}"}
EVENTS = {"PAYMENTS_WEBHOOK_SECRETS": f"{LONG} one, {LONG} two"}


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "needs PAYMENTS_STRIPE_API_KEY, or PAYMENTS_PROVIDER=sandbox to take no money"),
        (EVENTS, "needs PAYMENTS_STRIPE_API_KEY, or PAYMENTS_PROVIDER=sandbox to take no money"),
        (STRIPE, "production needs PAYMENTS_WEBHOOK_SECRETS for Stripe's events"),
        ({"PAYMENTS_PROVIDER": "stripe"} | EVENTS, "stripe needs PAYMENTS_STRIPE_API_KEY"),
    ],
)
def test_production_takes_money_or_says_that_it_does_not(
    environment: pytest.MonkeyPatch, variables: dict[str, str], message: str
) -> None:
    production = {"APP_ENV": "production", "JWT_SECRET_KEY": LONG} | DATABASE
    set_all(environment, production | MODEL | variables)
    with pytest.raises(InvalidSettings, match=message):
        load_settings()


def test_money_is_taken_when_stripes_key_is_set(environment: pytest.MonkeyPatch) -> None:
    production = {"APP_ENV": "production", "JWT_SECRET_KEY": LONG} | DATABASE
    set_all(environment, production | MODEL | STRIPE | EVENTS)
    assert load_settings().payments == PaymentConfiguration(
        stripe=StripeAccess(f"sk_{LONG}", "https://api.stripe.com", 20),
        webhook_secrets=(f"{LONG} one", f"{LONG} two"),
    )
