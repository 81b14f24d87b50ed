"""How long a call to a model may take, and how long the model may be silent within it."""

import asyncio

from clients.llm import TimeShare


class Patience:
    """The time of one call; all times are of the event loop's clock.

    Where other models can be asked, a silence may last for this model's share of the time that is
    left when it begins. The first lasts until the first text, whatever is attempted meanwhile.
    """

    def __init__(self, time: TimeShare, timeout_seconds: float) -> None:
        now = asyncio.get_running_loop().time()
        self.deadline = now + timeout_seconds if time.deadline is None else time.deadline
        self.has_successor = time.has_successor
        self._models_left = time.models_left
        self.until = self.deadline
        """Until when the present silence may last."""
        self.renew()

    def renew(self) -> None:
        """Begin another silence: some text has come."""
        if self.has_successor:
            now = asyncio.get_running_loop().time()
            self.until = now + (self.deadline - now) / self._models_left
