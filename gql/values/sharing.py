"""Whom the value of a field may be shown to, stated beside the field if not to its caller alone.

A query of public fields alone may be kept by caches that many people use. An answer with a secret
is sent uncompressed: its length would tell how much of it an attacker's text has guessed.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who may have a value; a public one may be kept for `max_age_seconds` by whoever asked."""

    is_public: bool = False
    is_secret: bool = False
    max_age_seconds: int = 0


PERSONAL = Sharing()
"""For the caller who asked, or whoever else is allowed to ask."""
SECRET = Sharing(is_secret=True)
"""Whoever has the value needs nothing else: keys, and links that work without a sign-in."""
_KEY = "sharing"


def sharing_metadata(sharing: Sharing) -> dict[str, Sharing]:
    """The field metadata that declares it."""
    return {} if sharing is PERSONAL else {_KEY: sharing}


# Any: graphql-core's extensions are values of every type.
def sharing_of(extensions: dict[str, Any]) -> Sharing:
    """How the value of the field with these extensions may be shared."""
    definition = extensions.get("strawberry-definition")
    sharing = definition.metadata.get(_KEY) if definition else None
    return sharing if isinstance(sharing, Sharing) else PERSONAL
