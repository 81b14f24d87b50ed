"""The outcome of a request: answered, refused by a protection, or an error."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from typing import Any

import orjson

from gql.documents.budgets.protections import PROTECTION_BY_USER_ERROR, Protection

NO_DATA = "HTTP 200 without data"
_OK, _FAULTS = 200, 500
_STATUSES = {int(one.value): one.value for one in (Protection.THROTTLED, Protection.IN_FLIGHT)}
_USER_ERRORS = {code.name: one.value for code, one in PROTECTION_BY_USER_ERROR.items()}


class OutcomeKind(Enum):
    """Whether a request was answered, refused by a protection, or failed."""

    OK = "ok"
    PROTECTED = "protected"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The kind of an outcome, and the code of its error or protection."""

    kind: OutcomeKind
    code: str = ""


ANSWERED = Outcome(OutcomeKind.OK)


def error(code: str) -> Outcome:
    """An error outcome with this code."""
    return Outcome(OutcomeKind.ERROR, code)


UNANSWERED = error("no answer")


def outcome_of(status: int, body: bytes, *, accepts: AbstractSet[str]) -> Outcome:
    """Classify the response to an operation; `accepts` are the codes of acceptable protections.

    Any other protection is an error, and so is status 200 with GraphQL errors or without data.
    """
    found = _found(status, body)
    if found.kind is OutcomeKind.PROTECTED and found.code not in accepts:
        return error(f"{found.code} that is not accepted")
    return found


def _found(status: int, body: bytes) -> Outcome:
    if status in _STATUSES:
        return Outcome(OutcomeKind.PROTECTED, _STATUSES[status])
    if status >= _FAULTS:
        return error(f"HTTP {status}")
    return _of_answer(status, _json(body))


# Any: JSON.
def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


# Any: JSON.
def _of_answer(status: int, answer: Any) -> Outcome:
    if not isinstance(answer, dict):
        return error(f"HTTP {status} without an answer")
    if answer.get("errors"):
        return error(f"HTTP {status} with {_code(answer['errors'])}")
    if status != _OK:
        return error(f"HTTP {status}")
    return _of_data(answer.get("data"))


# Any: JSON.
def _code(errors: Any) -> str:
    try:
        return str(errors[0]["extensions"]["code"])
    except (LookupError, TypeError):
        return "an error without a code"


def _of_data(data: Any) -> Outcome:
    if not isinstance(data, dict) or None in data.values():
        return error(NO_DATA)
    for code in _user_errors(data):
        if code in _USER_ERRORS:
            return Outcome(OutcomeKind.PROTECTED, _USER_ERRORS[code])
        return error(f"user error {code}")
    return ANSWERED


def _user_errors(data: dict[str, Any]) -> Iterator[str]:
    for payload in data.values():
        if isinstance(payload, dict):
            yield from (str(one["code"]) for one in payload.get("userErrors") or ())
