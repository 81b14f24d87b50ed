"""The GraphQL API: types, root fields, and how operations run; no SQL, no business decisions."""
