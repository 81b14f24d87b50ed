"""Every field of the schema, asked over many parents in documents that nobody wrote."""
