"""Settings of subscriptions, companies' contracts and payments."""

from enum import Enum

from pydantic import Field, model_validator

from app.settings.fields.base import SettingsGroup
from app.settings.fields.field_types import CommaSeparated, Positive, Secret, StripeKey
from app.settings.fields.secret_strength import LEAST_BITS, looks_random
from clients.payments.opening import PaymentConfiguration, StripeAccess
from services.enterprise.records import UsageContract, UsageLimitMode


class PaymentsProvider(Enum):
    """The payment provider."""

    STRIPE = "stripe"
    SANDBOX = "sandbox"


class BillingSettings(SettingsGroup):
    """Subscriptions, companies' contracts and payments."""

    billing_seller: str = Field(
        "Guidance",
        min_length=1,
        max_length=1_000,
        description="Who sells, as invoices have to say it: name, address and tax number, on lines "
        "of their own. Invoices keep what it was when they were issued.",
    )
    billing_subscription_cache_ttl_seconds: float = Field(
        5,
        ge=0,
        le=3_600,
        allow_inf_nan=False,
        description="How long a subscription is cached, an hour at most; 0 switches it off.",
    )
    billing_grace_days: int = Field(
        7,
        ge=0,
        le=90,
        description="Days for which a subscription is served whose renewal failed; the charge is "
        "repeated on days 1, 3, 5 and 7 of them.",
    )
    b2b_daily_usage_limit: int = Field(
        500, ge=0, description="Metered requests that a company's UTC day includes."
    )
    b2b_monthly_usage_limit: int = Field(
        10_000, ge=0, description="Metered requests that a company's month includes."
    )
    b2b_usage_limit_mode: UsageLimitMode = Field(
        UsageLimitMode.BLOCK,
        description="What happens over a limit: `block` refuses, `overage` serves and counts.",
    )
    payments_provider: PaymentsProvider | None = Field(
        None,
        description="`stripe`, or `sandbox`, which takes no money; by default Stripe when its key "
        "is set. Production uses the sandbox only when it is named here.",
    )
    payments_stripe_api_key: StripeKey | None = Field(
        None, description="The secret or restricted key of Stripe's API."
    )
    payments_stripe_base_url: str = Field(
        "https://api.stripe.com",
        description="Where Stripe's API is, in production over https.",
        pattern="^https?://",
    )
    payments_stripe_meter_id: str | None = Field(
        None,
        description="The id of Stripe's Billing Meter that counts companies' requests over their "
        "contract, by events called `guidance_overage`.",
    )
    payments_stripe_computes_tax: bool = Field(
        False,
        description="Whether Stripe Tax computes the tax that prices include; then customers need "
        "an address.",
    )
    payments_timeout_seconds: Positive = Field(
        20,
        description="How long a charge waits for Stripe, retries included; then its outcome is "
        "found out later.",
    )
    payments_webhook_secrets: CommaSeparated[Secret] = Field(
        (),
        description="Secrets that the payment provider's events may be signed with, separated by "
        "commas; without one, events are refused.",
    )

    @model_validator(mode="after")
    def _check_provider_is_chosen(self) -> "BillingSettings":
        if self.takes_money and self.payments_stripe_api_key is None:
            raise ValueError("PAYMENTS_PROVIDER=stripe needs PAYMENTS_STRIPE_API_KEY")
        if self.is_production and not self.takes_money and self.payments_provider is None:
            raise ValueError(
                "production needs PAYMENTS_STRIPE_API_KEY, or PAYMENTS_PROVIDER=sandbox to take "
                "no money"
            )
        if self.is_production and self.takes_money and not self.payments_webhook_secrets:
            raise ValueError("production needs PAYMENTS_WEBHOOK_SECRETS for Stripe's events")
        return self

    @model_validator(mode="after")
    def _production_provider_is_authentic(self) -> "BillingSettings":
        if not self.is_production:
            return self
        if not all(looks_random(one.get_secret_value()) for one in self.payments_webhook_secrets):
            raise ValueError(
                "production needs PAYMENTS_WEBHOOK_SECRETS drawn at random: the characters of one "
                f"repeat so much that they come to less than {LEAST_BITS} bits"
            )
        if self.takes_money and not self.payments_stripe_base_url.startswith("https://"):
            raise ValueError(
                "production needs a PAYMENTS_STRIPE_BASE_URL that begins with https://"
            )
        return self

    @property
    def takes_money(self) -> bool:
        """Whether real money is charged, by Stripe, instead of the sandbox."""
        if self.payments_provider is None:
            return self.payments_stripe_api_key is not None
        return self.payments_provider is PaymentsProvider.STRIPE

    @property
    def payments(self) -> PaymentConfiguration:
        """How money is taken."""
        key = self.payments_stripe_api_key if self.takes_money else None
        return PaymentConfiguration(
            stripe=None
            if key is None
            else StripeAccess(
                api_key=key.get_secret_value(),
                base_url=self.payments_stripe_base_url,
                timeout_seconds=self.payments_timeout_seconds,
                meter_id=self.payments_stripe_meter_id,
                computes_tax=self.payments_stripe_computes_tax,
            ),
            webhook_secrets=tuple(
                secret.get_secret_value() for secret in self.payments_webhook_secrets
            ),
        )

    @property
    def usage_contract(self) -> UsageContract:
        """The usage that every company's contract includes."""
        return UsageContract(
            daily_limit=self.b2b_daily_usage_limit,
            monthly_limit=self.b2b_monthly_usage_limit,
            limit_mode=self.b2b_usage_limit_mode,
        )
