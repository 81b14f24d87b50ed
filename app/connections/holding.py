"""Reading of one connection, stopped while what was read of it has not been taken."""

from app.uvicorn_parts import FlowControl


class HoldingFlow(FlowControl):
    """uvicorn's control, which reads no more while something is held, whoever asks for more.

    A request that waits for its body asks for more, also while others wait behind it.
    """

    is_holding = False

    def hold(self) -> None:
        """Read nothing until what is held has been taken."""
        self.is_holding = True
        self.pause_reading()

    def let_go(self, *, is_full: bool = False) -> None:
        """Read again; where a body `is_full`, once the application has taken some of it."""
        self.is_holding = False
        if not is_full:
            self.resume_reading()

    def resume_reading(self) -> None:
        """Read, unless something is held."""
        if not self.is_holding:
            super().resume_reading()
