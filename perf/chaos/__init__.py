"""The serving process is killed again and again, and afterwards everything must be right."""
