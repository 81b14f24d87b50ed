"""Companies: their usage, their API keys, and metered replies."""
