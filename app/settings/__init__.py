"""The settings, read from the environment; nothing else reads it."""

from app.settings.loading import Settings, SettingsRefused, load_settings

__all__ = ["Settings", "SettingsRefused", "load_settings"]
