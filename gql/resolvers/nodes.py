"""Objects by their global id, of those that the caller may see."""

from collections.abc import Awaitable, Callable

from gql.context import RequestContext
from gql.ids import parse_global_id
from gql.schema.conversation import Conversation
from gql.schema.enterprise import ApiCredential, EnterpriseAccount
from gql.schema.message import Message
from gql.schema.node import Node
from gql.schema.privacy import PrivacyRequest
from gql.schema.user import User
from services.principal import ApiClient


async def fetch_node(context: RequestContext, id_text: str) -> Node | None:
    """The object with a global id; None where there is none, or none of the caller's.

    Raises `BadUserInput` for text that is no id.
    """
    type_name, key = parse_global_id(id_text)
    fetch = _FETCH.get(type_name)
    return await fetch(context, key) if fetch else None


async def account_of_caller(context: RequestContext) -> EnterpriseAccount | None:
    """The company behind the API key, or the one that the viewer administers."""
    if isinstance(context.principal, ApiClient):
        row = await context.loaders.account.load(context.principal.account_id)
    elif context.viewer_id is not None:
        row = await context.loaders.administered_account.load(context.viewer_id)
    else:
        row = None
    return EnterpriseAccount.from_row(row) if row else None


async def _user(context: RequestContext, key: int) -> Node | None:
    return User.of_key(key) if key == context.viewer_id else None


async def _conversation(context: RequestContext, key: int) -> Node | None:
    row = await context.loaders.conversation.load(key)
    return Conversation.from_row(row) if row else None


async def _message(context: RequestContext, key: int) -> Node | None:
    row = await context.loaders.message.load(key)
    return Message.from_row(row) if row else None


async def _privacy_request(context: RequestContext, key: int) -> Node | None:
    row = await context.loaders.privacy_request.load(key)
    if row is None and context.is_operator:
        row = await context.loaders.privacy_request_of_nobody.load(key)
    return PrivacyRequest.from_row(row) if row else None


async def _account(context: RequestContext, key: int) -> Node | None:
    account = await account_of_caller(context)
    return account if account and account.key == key else None


async def _credential(context: RequestContext, key: int) -> Node | None:
    row = await context.loaders.credential.load(key)
    return ApiCredential.from_row(row, context.now) if row else None


_FETCH: dict[str, Callable[[RequestContext, int], Awaitable[Node | None]]] = {
    "User": _user,
    "Conversation": _conversation,
    "Message": _message,
    "PrivacyRequest": _privacy_request,
    "EnterpriseAccount": _account,
    "ApiCredential": _credential,
}
