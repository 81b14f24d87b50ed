"""How each of our documents is run: its caller, its preparation and its variables."""
