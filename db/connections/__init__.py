"""Sessions with PostgreSQL: connecting, pooling, transactions, and errors."""
