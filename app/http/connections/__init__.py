"""Limits of connections and WebSockets: how many there may be, and how long they may wait."""
