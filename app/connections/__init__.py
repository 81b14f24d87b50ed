"""The bounds of connections: how many there may be, what a head may have, how long they wait."""
