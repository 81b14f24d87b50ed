"""The edge below GraphQL: bounded uvicorn protocols, and ASGI middleware around every request."""
