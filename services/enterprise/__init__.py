"""Companies: their API keys, their contract limits and their usage."""
