"""The settings, read from the environment; nothing else reads it."""

from app.settings.loading import InvalidSettings, Settings, load_settings

__all__ = ["InvalidSettings", "Settings", "load_settings"]
