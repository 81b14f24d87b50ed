"""What is always admitted, however much there is to do."""

_PATHS = frozenset({"/healthz", "/readyz", "/metrics", "/webhooks/payments"})


def is_always_admitted(method: str, path: str) -> bool:
    """Of what tells how we are, of money, and of what a browser asks before it asks."""
    return path in _PATHS or method == "OPTIONS"
