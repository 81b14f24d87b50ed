"""Sends reports of usage in Hive's format.

https://the-guild.dev/graphql/hive/docs/api-reference/usage-reports
"""

import asyncio
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx2
import orjson

from clients.tls import tls_context

_TIMEOUT_SECONDS = 10.0
_VERSION = "2"
_REFUSED = frozenset({400, 401, 403, 404, 413, 415, 422})
"""Statuses by which the same report would be answered again."""


class ReportFailed(Exception):
    """The registry did not take a report; `is_final` if it never will."""

    def __init__(self, reason: str, *, is_final: bool) -> None:
        super().__init__(reason)
        self.is_final = is_final


class UsageClient:
    """`async with UsageClient(endpoint, token)`: posts reports, each within ten seconds."""

    def __init__(
        self, endpoint: str, token: str | None, *, timeout_seconds: float = _TIMEOUT_SECONDS
    ) -> None:
        self._endpoint = endpoint
        self._fields = {"content-type": "application/json", "x-usage-api-version": _VERSION}
        if token is not None:
            self._fields["authorization"] = f"Bearer {token}"
        self._timeout_seconds = timeout_seconds

    async def __aenter__(self) -> Self:
        self._http = httpx2.AsyncClient(
            timeout=self._timeout_seconds, follow_redirects=False, verify=tls_context()
        )
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    # Any: a report is JSON.
    async def send(self, report: dict[str, Any]) -> None:
        """Send one report; raises `ReportFailed`. Nothing of the answer but its status is read."""
        fields = self._fields | {"x-request-id": str(uuid4())}
        sending = self._http.stream(
            "POST", self._endpoint, content=orjson.dumps(report), headers=fields
        )
        try:
            async with asyncio.timeout(self._timeout_seconds), sending as answer:
                status = answer.status_code
        except (httpx2.HTTPError, TimeoutError) as error:
            raise ReportFailed(type(error).__name__, is_final=False) from error
        if not httpx2.codes.is_success(status):
            raise ReportFailed(f"status {status}", is_final=status in _REFUSED)
