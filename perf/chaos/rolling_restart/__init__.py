"""All instances are restarted, one after another, while replies are written and pages are read."""
