"""Asks a registry with Hive's API what a changed schema breaks for its clients."""

from dataclasses import dataclass
from typing import Any

import httpx2

from clients.tls import tls_context

_TIMEOUT_SECONDS = 60.0
_CHECK = """
mutation schemaCheck($input: SchemaCheckInput!) {
  schemaCheck(input: $input) {
    __typename
    ... on SchemaCheckSuccess { valid changes { nodes { message criticality } } }
    ... on SchemaCheckError {
      valid
      changes { nodes { message criticality } }
      errors { nodes { message } }
    }
  }
}
"""


class RegistryFailed(Exception):
    """The registry did not say what it was asked; the message is one line."""


@dataclass(frozen=True, slots=True)
class RegistryCheck:
    """What a registry says of a schema: the changes with their criticality, and what is wrong."""

    is_valid: bool
    changes: tuple[tuple[str, str], ...]
    errors: tuple[str, ...]


def check_schema(
    endpoint: str, token: str | None, sdl: str, *, timeout_seconds: float = _TIMEOUT_SECONDS
) -> RegistryCheck:
    """Ask what the registry says of a schema; raises `RegistryFailed`."""
    fields = {} if token is None else {"authorization": f"Bearer {token}"}
    body = {"query": _CHECK, "operationName": "schemaCheck", "variables": {"input": {"sdl": sdl}}}
    try:
        answer = httpx2.post(
            endpoint, json=body, headers=fields, timeout=timeout_seconds, verify=tls_context()
        )
        answered = answer.json() if answer.content else None
    except httpx2.HTTPError as error:
        raise RegistryFailed(f"the registry cannot be asked: {type(error).__name__}") from error
    except ValueError:
        answered = None
    try:
        return _read(answered)
    except (KeyError, TypeError, AttributeError):
        reason = f"the registry answered with status {answer.status_code} and no check"
        raise RegistryFailed(reason) from None


# Any: what was answered may be anything.
def _read(answered: Any) -> RegistryCheck:
    """The check in an answer; raises what reading any other shape raises."""
    if answered.get("errors"):
        message = " ".join(str(answered["errors"][0]["message"]).split())
        raise RegistryFailed(f"the registry refused the check: {message}")
    check = answered["data"]["schemaCheck"]
    changes = (check.get("changes") or {"nodes": []})["nodes"]
    errors = (check.get("errors") or {"nodes": []})["nodes"]
    return RegistryCheck(
        is_valid=check["valid"] is True,
        changes=tuple((str(one["criticality"]), str(one["message"])) for one in changes),
        errors=tuple(str(one["message"]) for one in errors),
    )
