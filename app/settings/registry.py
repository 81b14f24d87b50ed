"""Settings of a schema registry that speaks Hive's protocol."""

from pydantic import Field

from app.settings.fields.base import SettingsGroup
from app.settings.fields.field_types import ApiKey, BaseUrl


class RegistrySettings(SettingsGroup):
    """Where usage is reported, and where a schema is checked."""

    hive_usage_endpoint: BaseUrl | None = Field(
        None,
        description="Where reports of used fields go, in Hive's format, like "
        "`https://app.graphql-hive.com/usage/<target>`.",
    )
    hive_registry_endpoint: BaseUrl | None = Field(
        None,
        description="Hive's API, which `guidance schema check --registry` asks, like "
        "`https://app.graphql-hive.com/graphql`.",
    )
    hive_token: ApiKey | None = Field(None, description="The access token for both.")
