"""Statements about the tags of conversations.

A tag's rows have the `updated_at` of their conversations, in whose order the list is read; each
exchange moves it (`exchange_writes.begin_reply`).
"""

from collections.abc import Sequence

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Text,
    all_,
    and_,
    any_,
    bindparam,
    delete,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from db.database import Connection
from db.queries.chat.conversations import COLUMNS, FILTERS, HAS_TAG
from db.queries.clauses.keyset_query import KeysetQuery
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import ChatConversation, ChatConversationTag

MOST_OF_USER = 1_000
"""How many tags of a person are listed at most."""
_tag = ChatConversationTag
# The instants are equal. With them the list is in order also where it is read by its conversations,
# which is quicker if few are pinned.
_HAS_TAG = (*HAS_TAG, _tag.updated_at == ChatConversation.updated_at)
PAGE_BY_TAG = KeysetQuery(
    "conversations.page_by_user",
    columns=COLUMNS,
    parent=_tag.user_id,
    at=_tag.updated_at,
    identity=_tag.conversation_id,
    is_newest_first=True,
    filters={**FILTERS, "tag": and_(*_HAS_TAG)},
    always=("tag",),
)
"""The conversations with a tag, which must be among the filters; the last changed first."""
_OF_CONVERSATIONS = Statement(
    "conversation_tags.of_conversations",
    select(_tag.conversation_id, _tag.tag).where(
        _tag.user_id == bindparam("user_id"),
        _tag.conversation_id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
    ),
)


def _of_user() -> Statement:
    """One look into the index for each tag, however many conversations have it."""
    user_id = bindparam("user_id", type_=BigInteger)
    first = select(func.min(_tag.tag).label("tag")).where(_tag.user_id == user_id)
    found = first.cte("found", recursive=True)
    following = (
        select(func.min(_tag.tag))
        .where(_tag.user_id == user_id, _tag.tag > found.c.tag)
        .correlate(found)
        .scalar_subquery()
    )
    found = found.union_all(select(following).where(found.c.tag.is_not(None)))
    tags = select(found.c.tag).where(found.c.tag.is_not(None))
    return Statement("conversation_tags.of_user", tags.limit(literal_column(f"{MOST_OF_USER}")))


def _replace() -> Statement:
    tags = bindparam("tags", type_=ARRAY(Text))
    is_conversation = (
        ChatConversation.user_id == bindparam("user_id", type_=BigInteger),
        ChatConversation.id == bindparam("conversation_id", type_=BigInteger),
    )
    gone = delete(_tag).where(
        _tag.user_id == bindparam("user_id", type_=BigInteger),
        _tag.conversation_id == bindparam("conversation_id", type_=BigInteger),
        _tag.tag != all_(tags),
    )
    # With its title, which is in no index: or the planner would look for it in the index that has
    # all the rest, among all that the person has.
    own = (
        select(
            ChatConversation.user_id,
            ChatConversation.id,
            ChatConversation.updated_at,
            ChatConversation.title,
        )
        .where(*is_conversation)
        .cte("own")
        .prefix_with("MATERIALIZED")
    )
    new = upsert(_tag).from_select(
        ["user_id", "conversation_id", "tag", "updated_at"],
        select(own.c.user_id, own.c.id, func.unnest(tags), own.c.updated_at),
    )
    return Statement(
        "conversation_tags.replace",
        select(*COLUMNS)
        .where(*is_conversation)
        .add_cte(gone.cte("gone"), new.on_conflict_do_nothing().cte("new")),
    )


_OF_USER = _of_user()
_REPLACE = _replace()


@repository_method
async def of_conversations(connection: Connection, ids: Sequence[int], user_id: int) -> list[Row]:
    """`(conversation_id, tag)` of the user's conversations."""
    return await connection.fetch(_OF_CONVERSATIONS, ids=ids, user_id=user_id)


@repository_method
async def of_user(connection: Connection, user_id: int) -> list[str]:
    """The tags that the user's conversations have, each once."""
    return [row["tag"] for row in await connection.fetch(_OF_USER, user_id=user_id)]


@repository_method
async def replace(
    connection: Connection, user_id: int, conversation_id: int, tags: Sequence[str]
) -> Row:
    """Give a locked conversation of the user's just these tags, and return it."""
    (row,) = await connection.fetch(
        _REPLACE, user_id=user_id, conversation_id=conversation_id, tags=tags
    )
    return row
