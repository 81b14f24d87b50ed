"""A stand-in for the progress bar."""


class RecordedProgress:
    """Remembers its calls."""

    def __init__(self) -> None:
        self.taken: list[int] = []

    def update(self, n_steps: int) -> None:
        """Remember a step."""
        self.taken.append(n_steps)
