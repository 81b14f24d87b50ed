"""Settings of /mcp, where agents call trusted documents as tools."""

from pydantic import Field, model_validator

from app.settings.fields.base import SettingsGroup
from app.settings.fields.field_types import BaseUrl, CommaSeparated


class McpSettings(SettingsGroup):
    """Whether tools are served, and who issues tokens for them."""

    mcp_enabled: bool = Field(
        False, description="Whether /mcp serves trusted documents as tools of agents."
    )
    mcp_url: BaseUrl | None = Field(
        None,
        description="The public address of /mcp, like `https://api.example/mcp`; needed with "
        "`MCP_AUTHORIZATION_SERVERS`.",
    )
    mcp_authorization_servers: CommaSeparated[BaseUrl] = Field(
        (),
        description="The issuers of people's tokens, to which agents are sent to sign in (RFC "
        "9728), separated by commas.",
    )

    @model_validator(mode="after")
    def _has_an_address(self) -> "McpSettings":
        if self.mcp_authorization_servers and self.mcp_url is None:
            raise ValueError("MCP_AUTHORIZATION_SERVERS needs MCP_URL, for which tokens are issued")
        return self
