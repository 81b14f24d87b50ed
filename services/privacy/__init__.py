"""Privacy requests: exporting a copy of a person's data, and erasing it."""
