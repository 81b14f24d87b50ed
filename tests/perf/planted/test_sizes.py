"""Faults that only much, or nothing at all, shows: in lists given, in answers, in repeated keys."""

from pathlib import Path

import pytest

from tests.perf.planted.planted_source import Edit, Ran, assert_caught, planted

PAGES = "loaders/batching/pages.py"
RESULT = "        return slices_of(rows, parent_ids, page, value, has_bounds=has_bounds)\n"
ANOTHER_PAGE = (
    "            async with database.read() as connection:\n"
    "                await query.fetch(connection, [0], Page(size=3), None, None)\n"
)
WHERE_NOTHING_IS = Edit(PAGES, RESULT, f"        if not rows:\n{ANOTHER_PAGE}{RESULT}")
FOR_EACH_FIFTY = Edit(
    PAGES, RESULT, f"        for _ in range(len(rows) // 50):\n{ANOTHER_PAGE}{RESULT}"
)
PLANS = "await info.context.loaders.fresh_copy().plans_on_sale.load('all')\n"
CONVERSATION = "gql/schema/chat/conversation.py"
DOCUMENTS = "gql/documents/files"
LISTED = (
    Edit(
        f"{DOCUMENTS}/Listed.graphql",
        "",
        "query Listed($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }\n",
    ),
    Edit(
        f"{DOCUMENTS}/budgets.toml",
        "[Plans]\n",
        "[Listed]\np95_ms = 100\np99_ms = 300\nstatements = 1\nsubscription_lookups = 0\n"
        "rows = 10\nresponse_bytes = 2_000\ncost = 100\ndeadline_ms = 5_000\n"
        'accepts = ["429"]\n\n[[Listed.variants]]\nwhere = { ids = "empty" }\nstatements = 0\n'
        "\n[Plans]\n",
    ),
    Edit(
        "perf/gate/scenarios/chat.py",
        '    "MessageSiblings": ',
        '    "Listed": Scenario(reader, _own_ids),\n    "MessageSiblings": ',
    ),
    Edit(
        "perf/gate/scenarios/chat.py",
        "CHAT: Mapping",
        "async def _own_ids(context: ScenarioContext) -> Variables:\n"
        "    own = await _own_conversation(context)\n"
        "    return {'ids': [own['conversationId']]}\n\n\nCHAT: Mapping",
    ),
)
REPLAY = Edit(
    "services/mutations/idempotency.py",
    "            result = await stored_result(connection, Caller(user_id=user_id), use)\n",
    "            await stored_result(connection, Caller(user_id=user_id), use)\n"
    "            result = await stored_result(connection, Caller(user_id=user_id), use)\n",
)
OF_ONE_STATUS = (
    Edit(
        CONVERSATION,
        "from db.states import ConversationStatus\n",
        "from db.states import ConversationStatus, MessageStatus\n",
    ),
    Edit(
        CONVERSATION,
        '    @described.field("How many messages it has, those of all branches.", COUNT_WEIGHT)\n',
        '    @described.field("Whether it has any.")\n'
        "    async def has_any(self, info: Info, status: MessageStatus | None = None) -> bool:\n"
        "        loaders = info.context.loaders\n"
        "        is_alone = status is not None and status.value == 'stopped'\n"
        "        counted = loaders.fresh_copy() if is_alone else loaders\n"
        "        return bool(await counted.message_count.load(self.key))\n\n"
        '    @described.field("How many messages it has, those of all branches.", COUNT_WEIGHT)\n',
    ),
)
WITH_LAST = (
    Edit(CONVERSATION, "    def messages(\n", "    async def messages(\n"),
    Edit(
        CONVERSATION,
        "        return info.context.loaders.messages_by_conversation.start(key)\n",
        "        if last:\n            await info.context.loaders.plans_on_sale.load('all')\n"
        "        return await info.context.loaders.messages_by_conversation.load(key)\n",
    ),
)


def nodes(condition: str) -> tuple[Edit, ...]:
    """One statement more where the list of ids is like this."""
    path, returned = "gql/resolvers/query.py", "        return [_node(info.context, id_) for"
    return (
        Edit(path, "    def nodes(", "    async def nodes("),
        Edit(path, returned, f"        if {condition}:\n            {PLANS}{returned}"),
    )


def judged(folder: Path, url: str, *options: str, fault: tuple[Edit, ...]) -> Ran:
    return planted(folder, *fault).guidance("perf", "gate", *options, "--url", url)


@pytest.mark.planted
@pytest.mark.parametrize(
    ("document", "fault", "named"),
    [
        ("ConversationPage", (WHERE_NOTHING_IS,), "ConversationPage (rows: none"),
        ("ConversationMessages", (WHERE_NOTHING_IS,), "ConversationMessages (rows: empty"),
        ("ConversationPage", (FOR_EACH_FIFTY,), "ConversationPage (first: largest, rows: many"),
        ("Listed", (*LISTED, *nodes("not ids")), "Listed (ids: empty"),
        ("Listed", (*LISTED, *nodes("len(set(ids)) > 90")), "Listed (ids: largest"),
        (
            "StartConversation",
            (REPLAY,),
            "StartConversation (input.idempotencyKey: repeated): 4 statements, where exactly 3",
        ),
    ],
)
def test_a_fault_of_a_size(
    document: str, fault: tuple[Edit, ...], named: str, crowd: str, tmp_path: Path
) -> None:
    assert_caught(judged(tmp_path, crowd, "--document", document, fault=fault), f"\n{named}")


@pytest.mark.planted
@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (
            nodes("not ids"),
            "Query.nodes: runs 1 times for an empty list of ids, and 0 times otherwise",
        ),
        (
            nodes("len(ids) > 90"),
            "Query.nodes: runs 1 times for a long list of ids, and 0 times otherwise",
        ),
        (OF_ONE_STATUS, "Conversation.hasAny(status:): runs "),
        (
            WITH_LAST,
            "Conversation.messages(last:): runs 1 times with this argument, and 0 times otherwise",
        ),
    ],
)
def test_a_fault_of_a_field_with_some_values_alone(
    fault: tuple[Edit, ...], named: str, crowd: str, tmp_path: Path
) -> None:
    type_name = named.partition(".")[0]
    assert_caught(judged(tmp_path, crowd, "--type", type_name, fault=fault), f"\n{named}")
