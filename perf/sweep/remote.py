"""Sweep a server that is already running: queries only, with given tokens."""

from gql.documents.trusted_documents import trusted_documents
from perf.gate.data.callers import CallerGroup
from perf.servers.seeded import ServerUnderTest
from perf.sweep.credentials import Credentials
from perf.sweep.server import SweepTarget
from services.callers.principal import Person

_PLACES = 5
_MOST_GROUPS = 20
_DAYS = 7
_WRITES = "it writes, which the sweep does on a server of its own alone"


def remote_sweep_target(target: ServerUnderTest) -> SweepTarget:
    """The target in which the owner of each given token plays all of the gate's people."""
    tokens = target.credentials.people[:_MOST_GROUPS]
    key = target.credentials.api_key
    people = {
        Person(_PLACES * number + place): token
        for number, token in enumerate(tokens)
        for place in range(_PLACES)
    }
    groups = tuple(CallerGroup(_PLACES * number, 0, _DAYS) for number in range(max(1, len(tokens))))
    credentials = Credentials("", {} if key is None else {0: key, 1: key}, people)
    writes = {
        name: _WRITES
        for name, document in trusted_documents().items()
        if not document.text.startswith("query")
    }
    return SweepTarget(target.url, None, credentials, groups, left_out=writes, by_id=True)
