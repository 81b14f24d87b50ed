"""What every group of settings is made of."""

from enum import Enum
from typing import Any

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.settings.types import Switch


class Environment(Enum):
    """Where the process runs."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SettingsGroup(BaseSettings):
    """Settings that belong together; the field `x_y` is the variable `X_Y`."""

    model_config = SettingsConfigDict(frozen=True, env_file=None, extra="ignore")

    app_env: Environment = Field(
        Environment.DEVELOPMENT,
        description="`production` refuses to start without secrets, with the page for people and "
        "introspection off unless switched on.",
    )

    @model_validator(mode="before")
    @classmethod
    # Any: what the environment holds is not yet typed.
    def _without_empty(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Take an empty variable as one that is not set."""
        return {name: value for name, value in values.items() if value != ""}

    @property
    def is_production(self) -> bool:
        """Whether the process serves real people."""
        return self.app_env is Environment.PRODUCTION

    def is_enabled(self, switch: Switch) -> bool:
        """Whether it is on, said or not."""
        return not self.is_production if switch is None else switch
