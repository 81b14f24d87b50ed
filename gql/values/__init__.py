"""Values shared by all of `gql`: ids, cursors, object mappings, list sizes, costs of fields."""
