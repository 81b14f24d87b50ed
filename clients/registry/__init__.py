"""A schema registry that speaks Hive's protocol: reports of usage, and checks of a schema."""
