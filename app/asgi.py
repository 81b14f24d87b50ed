"""The ASGI application factory that uvicorn's workers import."""

from starlette.types import ASGIApp

from app.garbage_collection import importing


def create_app() -> ASGIApp:
    """Import the application without collecting garbage, and make it."""
    with importing():
        from app.server import create_app as create
    return create()
