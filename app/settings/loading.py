"""All settings, read from the environment once, here and nowhere else."""

from typing import Any

from pydantic import ValidationError

from app.settings.billing import BillingSettings
from app.settings.chat import ChatSettings
from app.settings.privacy import PrivacySettings
from app.settings.process import ProcessSettings
from app.settings.spending import SpendingSettings
from app.settings.storage import StorageSettings
from app.settings.tokens import TokenSettings


class SettingsRefused(Exception):
    """The environment holds a value that cannot be used; the message names the variables."""


class Settings(
    ProcessSettings,
    SpendingSettings,
    PrivacySettings,
    BillingSettings,
    ChatSettings,
    TokenSettings,
    StorageSettings,
):
    """Every setting, in the order of the documentation: the last group's fields come first."""


def load_settings() -> Settings:
    """Read the environment; raises `SettingsRefused` in words that hold no value of a secret."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsRefused("; ".join(_in_words(one) for one in error.errors())) from None


# Any: pydantic's description of one error.
def _in_words(error: Any) -> str:
    variable = ".".join(str(part) for part in error["loc"]).upper()
    reason = error["msg"].removeprefix("Value error, ")
    return f"{variable}: {reason}" if variable else str(reason)
