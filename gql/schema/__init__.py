"""Types, inputs, enums and scalars of the API; a package for each domain."""
