"""Personal data: what every column of the database is, whose, and what becomes of it."""
