"""Settings of the keys that people's tokens are verified with."""

from pydantic import Field, model_validator

from app.settings.fields.base import SettingsGroup
from app.settings.fields.field_types import CommaSeparated, KeySetUrl, Secret
from app.settings.fields.secret_strength import LEAST_BITS, looks_random


class TokenSettings(SettingsGroup):
    """Our own secrets, and the identity provider's key set."""

    jwt_secret_key: Secret | None = Field(
        None,
        description="The HS256 secret of people's tokens, 32 characters or more, in production "
        "drawn at random; generated in development.",
    )
    jwt_previous_secret_keys: CommaSeparated[Secret] = Field(
        (), description="Former secrets whose tokens are still accepted, separated by commas."
    )
    jwt_jwks_url: KeySetUrl | None = Field(
        None,
        description="Where the identity provider publishes its keys (RS256, ES256, EdDSA), over "
        "https; in development also over http, with a warning unless it is on this machine.",
    )

    @model_validator(mode="after")
    def _production_has_secrets(self) -> "TokenSettings":
        if self.is_production and not (self.jwt_secret_key or self.jwt_jwks_url):
            raise ValueError("production needs JWT_SECRET_KEY or JWT_JWKS_URL")
        return self

    @model_validator(mode="after")
    def _production_secrets_are_random(self) -> "TokenSettings":
        if not self.is_production:
            return self
        secrets = {
            "JWT_SECRET_KEY": (self.jwt_secret_key,),
            "JWT_PREVIOUS_SECRET_KEYS": self.jwt_previous_secret_keys,
        }
        for name, values in secrets.items():
            if not all(looks_random(one.get_secret_value()) for one in values if one is not None):
                raise ValueError(
                    f"production needs a {name} drawn at random: its characters repeat so much "
                    f"that they come to less than {LEAST_BITS} bits"
                )
        if self.jwt_jwks_url is not None and not self.jwt_jwks_url.startswith("https://"):
            raise ValueError("production needs a JWT_JWKS_URL that begins with https://")
        return self
