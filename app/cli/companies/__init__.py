"""Companies, for operators: listed, and given API keys."""
