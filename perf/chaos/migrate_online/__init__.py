"""A full database is migrated while it is used, and what migrates it is killed again and again."""
