"""All settings as one class, and reading them from the environment."""

from typing import Any

from pydantic import ValidationError

from app.settings.billing import BillingSettings
from app.settings.chat import ChatSettings
from app.settings.federation import FederationSettings
from app.settings.mcp import McpSettings
from app.settings.privacy import PrivacySettings
from app.settings.process import ProcessSettings
from app.settings.registry import RegistrySettings
from app.settings.storage import StorageSettings
from app.settings.tokens import TokenSettings
from app.settings.tracing import TracingSettings


class InvalidSettings(Exception):
    """The environment has an invalid value; the message names the variables."""


class Settings(
    TracingSettings,
    RegistrySettings,
    ProcessSettings,
    FederationSettings,
    McpSettings,
    PrivacySettings,
    BillingSettings,
    ChatSettings,
    TokenSettings,
    StorageSettings,
):
    """All settings; documented in this order, where the last group's fields come first."""


def load_settings() -> Settings:
    """Read the environment; raises `InvalidSettings`, whose message holds no secret."""
    try:
        return Settings()
    except ValidationError as error:
        errors = _errors_of_groups() or error.errors()
        raise InvalidSettings("; ".join(dict.fromkeys(map(_in_words, errors)))) from None


# Any: pydantic's description of one error.
def _errors_of_groups() -> list[Any]:
    """The errors of each group by itself; validated together, the first that fails is the last."""
    errors: list[Any] = []
    for group in reversed(Settings.__bases__):
        try:
            group()
        except ValidationError as error:
            errors += error.errors()
    return errors


# Any: pydantic's description of one error.
def _in_words(error: Any) -> str:
    # Which of several values it is, their message says.
    variable = ".".join(str(part) for part in error["loc"] if isinstance(part, str)).upper()
    reason = error["msg"].removeprefix("Value error, ")
    return f"{variable}: {reason}" if variable else str(reason)
