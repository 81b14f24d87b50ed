"""What people's tokens are verified with."""

from pydantic import Field, model_validator

from app.settings.group import Group
from app.settings.types import Listed, Secret


class TokenSettings(Group):
    """Our own secrets, and the identity provider's keys."""

    jwt_secret_key: Secret | None = Field(
        None,
        description="The HS256 secret of people's tokens, 32 characters or more; generated in "
        "development.",
    )
    jwt_previous_secret_keys: Listed[Secret] = Field(
        (), description="Former secrets whose tokens are still accepted, separated by commas."
    )
    jwt_jwks_url: str | None = Field(
        None,
        description="Where the identity provider publishes its keys (RS256, ES256, EdDSA).",
        pattern="^https?://[^/]",
    )

    @model_validator(mode="after")
    def _production_has_secrets(self) -> "TokenSettings":
        if self.is_production and not (self.jwt_secret_key or self.jwt_jwks_url):
            raise ValueError("production needs JWT_SECRET_KEY or JWT_JWKS_URL")
        return self
