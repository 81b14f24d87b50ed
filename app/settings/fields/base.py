"""The base class of all groups of settings."""

from enum import Enum
from typing import Any

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.settings.fields.field_types import Switch


class Environment(Enum):
    """The environment that the process runs in."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SettingsGroup(BaseSettings):
    """A group of settings; the field `x_y` is the environment variable `X_Y`."""

    model_config = SettingsConfigDict(frozen=True, env_file=None, extra="ignore")

    app_env: Environment = Field(
        Environment.DEVELOPMENT,
        description="`production` refuses to start without secrets; the explorer and "
        "introspection are off unless switched on.",
    )

    @model_validator(mode="before")
    @classmethod
    # Any: what the environment holds is not yet typed.
    def _without_empty(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Treat an empty variable as not set."""
        return {name: value for name, value in values.items() if value != ""}

    @property
    def is_production(self) -> bool:
        """Whether this is production."""
        return self.app_env is Environment.PRODUCTION

    def is_enabled(self, switch: Switch) -> bool:
        """Whether the switch is on; by default only in development."""
        return not self.is_production if switch is None else switch
