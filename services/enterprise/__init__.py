"""Companies: their keys, their limits and what they used."""
