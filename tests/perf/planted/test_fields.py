"""Fields that no document selects: what they cost is found, and named by type and field."""

from pathlib import Path

import pytest

from tests.perf.planted.planted_source import Edit, assert_caught, planted

CONVERSATION, MESSAGE = "gql/schema/chat/conversation.py", "gql/schema/chat/message.py"
PRIVACY = "gql/schema/privacy/request.py"
GROWS = "runs 15 times for n rows and 20 times for 2n (N+1)"
SORTS = "sorts rows of chat_messages: no index has them in order"


def alone(path: str, loader: str) -> Edit:
    """What a field loads is loaded by itself, and not with what its siblings load."""
    loaders = "info.context.loaders."
    return Edit(path, f"{loaders}{loader}(", f"{loaders}fresh_copy().{loader}(")


def beside_message_count(lines: str) -> Edit:
    """A field more on conversations."""
    field = '    @described.field("How many messages it has, those of all branches.", '
    count = f"{field}COUNT_WEIGHT)\n"
    return Edit(CONVERSATION, count, f"{lines}\n{count}")


MESSAGE_COUNT = alone(CONVERSATION, "message_count.start")
LAST_MESSAGE = Edit(
    CONVERSATION,
    "map_future(info.context.loaders.messages",
    "map_future(info.context.loaders.fresh_copy().messages",
)
ONLY_WITH_LAST = Edit(
    CONVERSATION,
    "        return info.context.loaders.messages_by_conversation.start(key)\n",
    "        loaders = info.context.loaders.fresh_copy() if last else info.context.loaders\n"
    "        return loaders.messages_by_conversation.start(key)\n",
)
COUNT_IS_SORTED = Edit(
    "db/queries/chat/messages.py",
    "    .group_by(ChatMessage.conversation_id),\n",
    "    .group_by(ChatMessage.conversation_id)\n    .order_by(func.max(ChatMessage.content)),\n",
)
EVERY_MESSAGE = Edit(
    CONVERSATION,
    "    def message_count(self, info: Info) -> Sourced[int, LoaderFuture[int]]:\n"
    "        return info.context.loaders.message_count.start(self.key)\n",
    "    async def message_count(self, info: Info) -> int:\n"
    "        key = PageKey(self.key, Page(size=100))\n"
    "        found = await info.context.loaders.messages_by_conversation.load(key)\n"
    "        return len(found.rows)\n",
)
PAGES_ONE_BY_ONE = Edit(
    "loaders/batching/pages.py",
    "            by_page[key.page, key.filter].append(key)\n",
    "            by_page[key.page, key.filter].append(key)\n"
    "        if len(by_page) > 1:\n"
    "            return [(await batch([key]))[0] for key in keys]\n",
)
NODES = Edit(
    "gql/resolvers/nodes.py",
    "map_future(context.loaders.credential.start(key)",
    "map_future(context.loaders.fresh_copy().credential.start(key)",
)
NEW_FIELD_OF_A_CONNECTION = (
    Edit(
        MESSAGE,
        '    """A page of one conversation\'s messages."""\n',
        '    """A page of one conversation\'s messages."""\n\n'
        "    conversation_key: strawberry.Private[int]\n\n"
        '    @described.field("How many messages the conversation has.")\n'
        "    async def total_count(self, info: Info) -> int:\n"
        "        loaders = info.context.loaders.fresh_copy()\n"
        "        return await loaders.message_count.load(self.conversation_key)\n\n",
    ),
    Edit(
        MESSAGE,
        '    {"edges": Member("rows"), ',
        '    {"conversation_key": Member("parent_id"), "edges": Member("rows"), ',
    ),
)
A_LOOK_AT_EACH_PLAN = Edit(
    "gql/schema/billing/subscription.py",
    "    daily_message_limit: int = strawberry.field(\n"
    '        description="How many messages may be sent on a UTC day."\n    )\n',
    "    daily_message_limit: int = strawberry.field(\n"
    '        description="How many messages may be sent on a UTC day."\n    )\n\n'
    '    @strawberry.field(description="How many plans there are.")\n'
    "    async def for_flows(self, info: strawberry.Info) -> int:\n"
    "        loaders = info.context.loaders.fresh_copy()\n"
    '        return len(await loaders.plans_on_sale.load("all"))\n',
)
IN_A_PAYLOAD = Edit(
    "gql/schema/chat/payloads.py",
    'class StartConversationPayload:\n    """Of `startConversation`."""\n\n',
    'class StartConversationPayload:\n    """Of `startConversation`."""\n\n'
    '    @strawberry.field(description="Messages of one conversation, reported three times.")\n'
    "    async def counts(self, info: strawberry.Info) -> list[int]:\n"
    "        loaders = info.context.loaders\n"
    "        return [await loaders.fresh_copy().message_count.load(1) for _ in range(3)]\n\n",
)
UNREACHABLE = beside_message_count(
    '    @described.field("Whether something is in it.")\n'
    "    def has(self, info: Info, thing: strawberry.scalars.JSON) -> bool:\n"
    "        return bool(info) and bool(thing)\n"
)


@pytest.mark.planted
def test_a_field_that_no_document_selects(crowd: str, tmp_path: Path) -> None:
    source = planted(tmp_path, MESSAGE_COUNT)
    assert_caught(
        source.guidance("perf", "gate", "--type", "Conversation", "--url", crowd),
        f"Conversation.messageCount: {GROWS} in messages.count_by_conversation\n    SELECT ",
    )


@pytest.mark.planted
@pytest.mark.parametrize(
    ("fault", "field", "problem", "method"),
    [
        (LAST_MESSAGE, "Conversation.lastMessage", GROWS, "messages.page_by_conversation"),
        (
            alone(MESSAGE, "conversation.start"),
            "Message.conversation",
            GROWS,
            "conversations.by_id",
        ),
        (
            NEW_FIELD_OF_A_CONNECTION,
            "MessageConnection.totalCount",
            GROWS,
            "messages.count_by_conversation",
        ),
        (ONLY_WITH_LAST, "Conversation.messages(last:)", GROWS, "messages.page_by_conversation"),
        (COUNT_IS_SORTED, "Conversation.messageCount", SORTS, "messages.count_by_conversation"),
        (
            EVERY_MESSAGE,
            "Conversation.messageCount",
            "reads 12 rows for each parent with n rows, and 24 with 2n",
            "messages.page_by_conversation",
        ),
        (
            PAGES_ONE_BY_ONE,
            "Conversation.messages (twice, with other arguments)",
            "runs 30 times for n rows and 40 times for 2n (N+1)",
            "messages.page_by_conversation",
        ),
        (
            alone(PRIVACY, "privacy_archive.start"),
            "PrivacyRequest.export",
            "runs 6 times for n rows and 8 times for 2n (N+1)",
            "privacy.archives_by_request",
        ),
        (
            alone(PRIVACY, "erased_tables.start"),
            "PrivacyRequest.receipt",
            "runs 12 times for n rows and 24 times for 2n (N+1)",
            "privacy.erased_tables",
        ),
        (
            NODES,
            "Query.nodes",
            "runs 12 times for n rows and 24 times for 2n (N+1)",
            "credentials.by_id",
        ),
        (
            A_LOOK_AT_EACH_PLAN,
            "Plan.forFlows",
            "runs 3 times in one level, where 2 would do (N+1)",
            "billing.plans_on_sale",
        ),
        (
            IN_A_PAYLOAD,
            "StartConversationPayload.counts",
            "runs 3 times in one level, where 1 would do (N+1)",
            "messages.count_by_conversation",
        ),
    ],
)
def test_a_fault_in_a_field(
    fault: Edit | tuple[Edit, ...],
    field: str,
    problem: str,
    method: str,
    crowd: str,
    tmp_path: Path,
) -> None:
    source = planted(tmp_path, *(fault if isinstance(fault, tuple) else (fault,)))
    ran = source.guidance("perf", "gate", "--type", field.partition(".")[0], "--url", crowd)
    assert_caught(ran, f"{field}: {problem} in {method}\n    SELECT ")


@pytest.mark.planted
def test_a_field_that_no_document_can_reach(crowd: str, tmp_path: Path) -> None:
    source = planted(tmp_path, UNREACHABLE)
    assert_caught(
        source.guidance("perf", "gate", "--type", "Conversation", "--url", crowd),
        "Conversation.has: no document reaches it: no value is known for thing: JSON!",
        "guidance: 1 not as agreed",
    )


@pytest.mark.planted
def test_no_field_is_blamed_where_nothing_is_planted(crowd: str, tmp_path: Path) -> None:
    types = ("Query", "Conversation", "PrivacyRequest", "Plan", "StartConversationPayload")
    options = [part for name in types for part in ("--type", name)]
    ran = planted(tmp_path).guidance("perf", "gate", *options, "--url", crowd)
    assert (ran.status, ran.output.splitlines()[-1]) == (0, "All of it is as agreed."), ran.output
