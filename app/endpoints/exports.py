"""/exports/{token}: downloads of privacy exports."""

import asyncio
import os
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from app.endpoints.link_responses import HEADERS, link_refused, link_unavailable
from db.connections.errors import DatabaseUnavailable
from services.privacy.exports.downloads import Downloads, LinkExpired

_DOWNLOAD_NAME = "export.zip"
_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)


class Exports:
    """Sends the archive to anybody who has its link."""

    def __init__(self, downloads: Downloads) -> None:
        self._downloads = downloads

    async def answer(self, request: Request) -> Response:
        """Send the archive, or the range asked for; 410 once the link has expired."""
        try:
            path = await self._downloads.path(request.path_params["token"])
        except DatabaseUnavailable as error:
            return link_unavailable(request, str(error))
        except LinkExpired:
            return link_refused(410, "This link does not work any more; ask for another export.")
        if path is None:
            return link_refused(404, "There is no such export.")
        stat = await asyncio.to_thread(_stat, path)
        if stat is None:
            return link_unavailable(request, "the archive is not in GUIDANCE_DATA_DIR")
        _ignore_unsupported_ranges(request)
        return FileResponse(
            path,
            headers=HEADERS,
            media_type="application/zip",
            filename=_DOWNLOAD_NAME,
            stat_result=stat,
        )


def _ignore_unsupported_ranges(request: Request) -> None:
    """Drop a Range that is not one range of bytes, so that all is sent (RFC 9110, 14.2)."""
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    first, last = asked.groups() if asked else ("", "")
    if not (first or last) or (first and last and int(first) > int(last)):
        headers = request.scope["headers"]
        request.scope["headers"] = [field for field in headers if field[0] != b"range"]


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None
