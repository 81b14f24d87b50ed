"""Fetches objects by global id, if the caller may see them."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from db.row import Row
from gql.context import RequestContext
from gql.schema.billing.invoice import INVOICE
from gql.schema.chat.conversation import CONVERSATION
from gql.schema.chat.message import MESSAGE
from gql.schema.enterprise.account import API_CREDENTIAL, ENTERPRISE_ACCOUNT, EnterpriseAccount
from gql.schema.node import Node
from gql.schema.privacy.request import PRIVACY_REQUEST, PrivacyRequest
from gql.schema.user import User
from gql.values.ids import parse_global_id
from gql.values.mapped_future import map_future
from loaders.batching.loader import LoaderFuture
from services.callers.principal import ApiClient

NodeResult: TypeAlias = Awaitable[Node | None] | Node | None


def fetch_node(context: RequestContext, id_text: str) -> NodeResult:
    """The object with a global id; None if it does not exist, or is not the caller's.

    Raises `BadUserInput` for text that is no global id.
    """
    type_name, key = parse_global_id(id_text)
    fetch = _FETCH.get(type_name)
    return fetch(context, key) if fetch else None


def account_of_caller(context: RequestContext) -> LoaderFuture[Row | None] | Row | None:
    """The company behind the API key, or the one that the viewer administers."""
    if isinstance(context.principal, ApiClient):
        return context.principal.account or context.loaders.account.start(
            context.principal.account_id
        )
    if context.viewer_id is not None:
        return context.loaders.administered_account.start(context.viewer_id)
    return None


def _user(context: RequestContext, key: int) -> NodeResult:
    return User.of_key(key) if key == context.viewer_id else None


def _conversation(context: RequestContext, key: int) -> NodeResult:
    return map_future(context.loaders.conversation.start(key), CONVERSATION.view_if_any)


def _message(context: RequestContext, key: int) -> NodeResult:
    return map_future(context.loaders.message.start(key), MESSAGE.view_if_any)


def _privacy_request(context: RequestContext, key: int) -> NodeResult:
    if context.is_operator:
        return _request_of_anybody(context, key)
    return map_future(context.loaders.privacy_request.start(key), PRIVACY_REQUEST.view_if_any)


async def _request_of_anybody(context: RequestContext, key: int) -> PrivacyRequest | None:
    row = await context.loaders.privacy_request.load(key)
    if row is None:
        row = await context.loaders.privacy_request_of_nobody.load(key)
    return PRIVACY_REQUEST.view_if_any(row)


def _account(context: RequestContext, key: int) -> NodeResult:
    def with_id(row: Row | None) -> EnterpriseAccount | None:
        return ENTERPRISE_ACCOUNT.view(row) if row is not None and row["id"] == key else None

    found = account_of_caller(context)
    return map_future(found, with_id) if isinstance(found, LoaderFuture) else with_id(found)


def _credential(context: RequestContext, key: int) -> NodeResult:
    return map_future(context.loaders.credential.start(key), API_CREDENTIAL.view_if_any)


def _invoice(context: RequestContext, key: int) -> NodeResult:
    return map_future(context.loaders.invoice.start(key), INVOICE.view_if_any)


_FETCH: dict[str, Callable[[RequestContext, int], NodeResult]] = {
    "User": _user,
    "Conversation": _conversation,
    "Message": _message,
    "PrivacyRequest": _privacy_request,
    "EnterpriseAccount": _account,
    "ApiCredential": _credential,
    "Invoice": _invoice,
}
FETCHED_TYPES = frozenset(_FETCH)
"""The names of the types of which objects can be fetched by their id."""
