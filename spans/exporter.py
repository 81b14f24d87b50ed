"""Where recordings go: the Protocol of exporters."""

from collections.abc import Mapping
from typing import Protocol

from spans.part import Part
from spans.recording import Recording


class Exporter(Protocol):
    """Sends recordings elsewhere; a `share` of all requests is recorded for it."""

    share: float

    def recording(
        self,
        root: Part,
        began_at: float,
        fields: Mapping[bytes, bytes],
        *,
        is_drawn: bool,
        sampled: bool | None,
    ) -> Recording | None:
        """A recording that continues the trace in the header fields, if one is to be made.

        Whether it is `sampled` a trusted caller says; for all others it `is_drawn` at random.
        """

    def afterwards(
        self, root: Part, began_at: float, fields: Mapping[bytes, bytes]
    ) -> Recording | None:
        """A recording of what has ended already, whatever the caller's trace is.

        None if there were too many that nobody drew.
        """

    def export(self, recording: Recording) -> None:
        """Export a finished recording, without waiting; does not raise."""
