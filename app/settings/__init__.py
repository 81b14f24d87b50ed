"""What can be set."""

from app.settings.loading import Settings, SettingsRefused, load_settings

__all__ = ["Settings", "SettingsRefused", "load_settings"]
