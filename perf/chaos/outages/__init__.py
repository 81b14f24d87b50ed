"""PostgreSQL, Redis and the paths to them fail while honest clients ask."""
