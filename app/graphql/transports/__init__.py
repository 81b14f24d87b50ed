"""How requests and responses are framed: HTTP, server-sent events, multipart, WebSocket."""
