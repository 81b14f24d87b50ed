"""`python -m perf.counting.child URL FOLDER NAME…`: counts calls in a process of its own.

Writes a line of JSON for each document. Settings, logs and imports are the same whoever starts it.
Other versions of the source are counted by running this module in their tree: keep its name,
arguments and JSON.
"""

import asyncio
import gc
import secrets
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType

import asyncpg
import orjson
import uvloop

from app.logs import configure_logs
from app.server import make_app
from app.settings import Settings
from gql.documents.trusted_documents import TrustedDocument, trusted_documents
from perf.counting.client import InProcessClient
from perf.counting.request_cost import count
from perf.counting.threaded_model import threaded_model
from perf.gate.execution.in_process import NOW, RunFailed, gate_settings
from perf.servers.in_process import serving

NOTHING_CHANGED: Mapping[str, object] = MappingProxyType({})


@asynccontextmanager
async def open_client(
    url: str, folder: Path, changed: Mapping[str, object] = NOTHING_CHANGED
) -> AsyncIterator[InProcessClient]:
    """A client of a server in this process, which runs as in production.

    The settings that are `changed` are as they say.
    """
    secret = secrets.token_hex()
    with threaded_model() as model:
        settings = Settings.model_validate(
            gate_settings(url, folder, model.url)
            | {"app_env": "production", "jwt_secret_key": secret, "serve_runs_worker": False}
            | {**changed}
        )
        async with serving(make_app(settings, clock=lambda: NOW)) as server:
            connection = await asyncpg.connect(url)
            try:
                yield InProcessClient(server, model, connection, secret=secret)
            finally:
                model.resume()
                await connection.close()


async def _count(url: str, folder: Path, names: Sequence[str]) -> None:
    documents = trusted_documents()
    async with open_client(url, folder) as client:
        gc.collect()
        gc.freeze()
        gc.disable()
        for name in names:
            sys.stdout.buffer.write(orjson.dumps(await _said(client, documents[name])) + b"\n")
            sys.stdout.buffer.flush()
            gc.collect()


async def _said(client: InProcessClient, document: TrustedDocument) -> dict[str, object]:
    try:
        few, twice = await count(client, document)
    except RunFailed as error:
        return {"document": document.name, "failed": str(error)}
    return {"document": document.name, "few": asdict(few), "twice": asdict(twice)}


if __name__ == "__main__":
    url, folder, *names = sys.argv[1:]
    configure_logs(is_json=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_count(url, Path(folder), names))
