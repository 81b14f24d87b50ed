"""Settings of exports and erasures."""

from pathlib import Path

from pydantic import Field

from app.settings.fields.base import SettingsGroup
from app.settings.fields.field_types import BaseUrl, Positive

LONGEST_GRACE_DAYS = 28


class PrivacySettings(SettingsGroup):
    """The retention of exports, the grace period of erasures, and the base of their links."""

    public_base_url: BaseUrl | None = Field(
        None,
        description="Where people reach the API, like `https://api.example`, for the links to "
        "exports and receipts; without it they are relative.",
    )
    export_retention_days: Positive = Field(
        7, description="How long the archive of an export can be downloaded."
    )
    erasure_grace_days: int = Field(
        7,
        ge=0,
        le=LONGEST_GRACE_DAYS,
        description="How long an erasure can be taken back before it begins, at most 28 days: the "
        "law allows a month.",
    )
    erasure_ledger_file: Path | None = Field(
        None,
        description="A file outside the database, on storage that backups do not bring back, with "
        "the ids of the people who were erased; then no restored backup serves them again. It must"
        " exist.",
    )
