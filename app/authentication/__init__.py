"""Authentication: tokens of people, API keys of companies."""
