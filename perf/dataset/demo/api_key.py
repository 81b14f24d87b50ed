"""The demo company's API key, stored in a file because the database has only its hash."""

import os
from pathlib import Path

from app.settings import Settings
from app.wiring import open_application
from perf.dataset.demo.tables import DEMO_ACCOUNT
from services.enterprise.authentication import AccountNotFound

_FILE = "demo-api-key"


class DemoCompanyMissing(Exception):
    """The database has people, but not the demo's company."""


async def demo_api_key(settings: Settings, url: str) -> str:
    """The stored key if it is still accepted, otherwise a new one.

    Raises `DemoCompanyMissing`.
    """
    path = settings.guidance_data_dir / _FILE
    async with open_application(settings, url) as application:
        stored = path.read_text() if path.exists() else ""
        client = await application.enterprise.authenticate(stored)
        if client is not None and client.account_id == DEMO_ACCOUNT:
            return stored
        try:
            key = await application.enterprise.issue_key(DEMO_ACCOUNT)
        except AccountNotFound:
            raise DemoCompanyMissing from None
    _store(path, key)
    return key


def _store(path: Path, key: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(key)
