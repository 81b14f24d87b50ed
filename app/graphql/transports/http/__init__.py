"""/graphql over HTTP: JSON, server-sent events, and multipart responses."""
