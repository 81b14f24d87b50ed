"""The API's language: types, root fields and how an operation runs; no SQL, no decisions."""
