"""Objects by their global id, of those that the caller may see."""

from collections.abc import Awaitable, Callable

from asyncpg import Record

from gql.context import RequestContext
from gql.ids import parse_global_id
from gql.schema.conversation import CONVERSATION
from gql.schema.enterprise import API_CREDENTIAL, ENTERPRISE_ACCOUNT
from gql.schema.message import MESSAGE
from gql.schema.node import Node
from gql.schema.privacy import PRIVACY_REQUEST
from gql.schema.user import User
from services.principal import ApiClient


async def fetch_node(context: RequestContext, id_text: str) -> Node | None:
    """The object with a global id; None where there is none, or none of the caller's.

    Raises `BadUserInput` for text that is no id.
    """
    type_name, key = parse_global_id(id_text)
    fetch = _FETCH.get(type_name)
    return await fetch(context, key) if fetch else None


async def account_of_caller(context: RequestContext) -> Record | None:
    """The company behind the API key, or the one that the viewer administers."""
    if isinstance(context.principal, ApiClient):
        return await context.loaders.account.load(context.principal.account_id)
    if context.viewer_id is not None:
        return await context.loaders.administered_account.load(context.viewer_id)
    return None


async def _user(context: RequestContext, key: int) -> Node | None:
    return User.of_key(key) if key == context.viewer_id else None


async def _conversation(context: RequestContext, key: int) -> Node | None:
    row = await context.loaders.conversation.load(key)
    return CONVERSATION.view(row) if row else None


async def _message(context: RequestContext, key: int) -> Node | None:
    row = await context.loaders.message.load(key)
    return MESSAGE.view(row) if row else None


async def _privacy_request(context: RequestContext, key: int) -> Node | None:
    row = await context.loaders.privacy_request.load(key)
    if row is None and context.is_operator:
        row = await context.loaders.privacy_request_of_nobody.load(key)
    return PRIVACY_REQUEST.view(row) if row else None


async def _account(context: RequestContext, key: int) -> Node | None:
    row = await account_of_caller(context)
    return ENTERPRISE_ACCOUNT.view(row) if row and row["id"] == key else None


async def _credential(context: RequestContext, key: int) -> Node | None:
    row = await context.loaders.credential.load(key)
    return API_CREDENTIAL.view(row) if row else None


_FETCH: dict[str, Callable[[RequestContext, int], Awaitable[Node | None]]] = {
    "User": _user,
    "Conversation": _conversation,
    "Message": _message,
    "PrivacyRequest": _privacy_request,
    "EnterpriseAccount": _account,
    "ApiCredential": _credential,
}
