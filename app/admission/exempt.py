"""What is always admitted, however much there is to do."""

_PATHS = frozenset({"/healthz", "/readyz", "/metrics", "/webhooks/payments"})


def is_always_admitted(method: str, path: str) -> bool:
    """Whether a request is one for health or metrics, an event of payments, or a preflight."""
    return path in _PATHS or method == "OPTIONS"
