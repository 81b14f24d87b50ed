"""The /graphql endpoint: HTTP and WebSocket."""
