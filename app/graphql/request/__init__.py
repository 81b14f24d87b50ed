"""Reading a GraphQL request out of what came over HTTP or a WebSocket."""
