"""Subscriptions that go on until their client leaves, as the gate does after the first event."""

import re

from gql.documents.trusted_documents import TrustedDocument

_ENDLESS = re.compile(r"subscription \w+[^{]*\{\s*subscriptionChanged\b")


def is_endless(document: TrustedDocument) -> bool:
    """Whether a subscription tells how something is, and then each change of it, for ever."""
    return _ENDLESS.match(document.text) is not None
