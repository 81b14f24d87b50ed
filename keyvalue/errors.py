"""The errors of commands."""


class KeyValueError(Exception):
    """A command was not answered; the caller has to use its fallback."""


class KeyValueUnavailable(KeyValueError):
    """The circuit is open, or Redis did not answer; the command may have been executed."""


class CommandRefused(KeyValueError):
    """Redis refused only this command, for example because its key has another type."""


class ScriptUnknown(CommandRefused):
    """Redis does not know the script; it loses its scripts when it restarts."""


class SlotElsewhere(CommandRefused):
    """The server of a cluster has not got the key: another has it, or is just getting it."""

    def __init__(self, refusal: str, host: str, port: int, *, is_for_once: bool) -> None:
        super().__init__(refusal)
        self.host = host
        self.port = port
        self.is_for_once = is_for_once
        """Whether only this command goes to the other server: the slot is on its way there."""


class SlotMoving(CommandRefused):
    """Of the keys of the command some have gone to another server of a cluster, and some not."""


class ConnectionFailed(Exception):
    """A connection failed and is closed; raised within this package only.

    `reason` is one of the words in `keyvalue.failure_reasons`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
