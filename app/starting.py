"""What each worker of uvicorn begins with, which imports everything else."""

from starlette.types import ASGIApp

from app.garbage_collection import importing


def create_app() -> ASGIApp:
    """Import and make the application."""
    with importing():
        from app.server import create_app as create
    return create()
