"""The variants of a document: combinations of variables and callers that are run."""
