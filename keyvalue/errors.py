"""What can come of a command instead of its answer."""


class KeyValueError(Exception):
    """There is no answer; whoever asked has to do without."""


class Unavailable(KeyValueError):
    """Redis is not asked at present, or did not answer; the command may have been carried out."""


class CommandRefused(KeyValueError):
    """Redis refused this command, as for what is stored under its key, and nothing else."""


class ScriptUnknown(CommandRefused):
    """Redis does not have the script; it forgets them when it restarts."""


class ConnectionFailed(Exception):
    """A connection cannot be used any more, and is closed; seen by the client alone.

    `reason` is one of the words of `keyvalue.reasons`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
