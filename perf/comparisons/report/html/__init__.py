"""The HTML page of a comparison: tables, charts and style sheet."""
