"""uvicorn's HTTP and WebSocket protocols, extended so that everything they read has a bound."""
