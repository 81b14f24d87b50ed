"""The client of `clients-js` as the page at /chat has it: what the compiler gives.

`python -m tests.npm.page_client` writes the modules anew, once `tests/npm` has built the client.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.fixtures.clients.npm import CLIENT

BUILT = CLIENT / "dist"
ON_PAGE = Path(__file__).parents[2] / "app/explorer/static/client"
OWN = "socket.js"
"""The page's own: it needs no package."""
_IMPORT = re.compile(r'from "\./([^"]+)"')


def modules(name: str = "client.js") -> Iterator[str]:
    """The module, and all that it imports."""
    waiting, met = [name], {OWN}
    while waiting:
        name = waiting.pop()
        if name not in met:
            met.add(name)
            yield name
            waiting += _IMPORT.findall((BUILT / name).read_text())


if __name__ == "__main__":
    for module in modules():
        (ON_PAGE / module).write_text((BUILT / module).read_text())
