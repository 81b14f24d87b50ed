"""What settings are made of: their base class, their types, and how strong a secret is."""
