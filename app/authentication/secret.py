"""The secret that signs development's tokens, made once and kept beside the database."""

import os
import secrets
from pathlib import Path

_BYTES = 48


def development_secret(data_dir: Path) -> str:
    """Read the secret in `data_dir`, after making it if it is not there."""
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / "jwt-secret"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_urlsafe(_BYTES)
        file.write(secret)
    return secret
