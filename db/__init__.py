"""The database: tables, statements and the connections that run them."""
