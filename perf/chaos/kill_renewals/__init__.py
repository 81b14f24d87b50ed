"""Workers are killed while subscriptions are renewed over years; every cent is accounted for."""
