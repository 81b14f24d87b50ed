"""Secrets that are generated once and stored in the data folder, where none is configured."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from app.settings import Settings

_BYTES = 48


def signing_secrets(settings: Settings) -> tuple[str, ...]:
    """The HS256 secrets that tokens may be signed with, the current one first.

    In development one is generated if none is configured. In production the result is empty if
    only a key set is configured.
    """
    configured = [
        secret.get_secret_value()
        for secret in (settings.jwt_secret_key, *settings.jwt_previous_secret_keys)
        if secret is not None
    ]
    if settings.jwt_secret_key is None and not settings.is_production:
        return (stored_secret(settings.guidance_data_dir, "jwt-secret"), *configured)
    return tuple(configured)


def stored_secret(data_dir: Path, name: str) -> str:
    """Read the secret `name` in `data_dir`; generate it first if it is not there.

    Processes that do so at the same time all read the same secret.
    """
    path = data_dir / name
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        _make(path)
    return path.read_text()


def _make(path: Path) -> None:
    own = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(_BYTES))
    with suppress(FileExistsError):
        path.hardlink_to(own)
    own.unlink()
