"""Faults that only one way of asking a document shows: the gate names document and variant."""

from pathlib import Path

import pytest

from tests.perf.planted.planted_source import Edit, assert_caught, planted

DOCUMENTS = "gql/documents/files"


def extra_page(condition: str) -> Edit:
    """One statement more for the pages that meet a condition."""
    before = "        return slices_of(rows, parent_ids, page, value, has_bounds=has_bounds)\n"
    return Edit(
        "loaders/batching/pages.py",
        before,
        f"        if {condition}:\n"
        "            async with database.read() as connection:\n"
        "                await query.fetch(connection, [0], Page(size=3), None, None)\n" + before,
    )


def extra_step(path: str, before: str, condition: str) -> Edit:
    """One statement more in a resolver, where a condition is met."""
    return Edit(
        path,
        before,
        f"        if {condition}:\n"
        "            await info.context.loaders.fresh_copy().plans_on_sale.load('all')\n" + before,
    )


ARCHIVED = extra_page('value is not None and dict(value).get("status") == "archived"')
SORT_OF_LARGE = (
    Edit(
        "db/queries/clauses/keyset_query.py",
        "            has_before=page.before is not None,\n",
        "            has_before=page.before is not None,\n            is_large=page.size > 50,\n",
    ),
    Edit(
        "db/queries/clauses/keyset_query.py",
        "        has_before: bool,\n",
        "        has_before: bool,\n        is_large: bool,\n",
    ),
    Edit(
        "db/queries/clauses/keyset_query.py",
        "        page = rows.order_by(*self._order(is_backward=is_backward))",
        "        by = (self._columns[1], self._id) if is_large else None\n"
        "        page = rows.order_by(*(by or self._order(is_backward=is_backward)))",
    ),
)
EXTRA_OF_LARGE_IS_NO_MORE = Edit(
    f"{DOCUMENTS}/budgets.toml",
    '[[SendMessage.variants]]\nwhere = { conversationId = ["absent", "null"] }\nstatements = 11\n',
    "",
)
OF_NOBODY_ELSE = Edit(
    "loaders/batching/rows_by_id.py",
    "        return rows_in_key_order(",
    "        if not rows:\n"
    "            async with database.read() as connection:\n"
    "                await fetch(connection, [0], viewer_id)\n"
    "        return rows_in_key_order(",
)
OF_COMPANIES = Edit(
    "gql/resolvers/query.py",
    "    def plans(self, info: Info) "
    "-> Sourced[list[Plan], LoaderFuture[tuple[PlanRecord, ...]]]:\n"
    "        return info.context.loaders.plans_on_sale.start(ALL_PLANS)\n",
    "    async def plans(self, info: Info) -> list[Plan]:\n"
    "        if type(info.context.principal).__name__ == 'ApiClient':\n"
    "            await info.context.loaders.fresh_copy().plans_on_sale.load(ALL_PLANS)\n"
    "        return await info.context.loaders.plans_on_sale.load(ALL_PLANS)\n",
)
RENAMED = "gql/resolvers/conversations.py"
FAULTS = [
    pytest.param(
        "ConversationPage",
        (extra_page("page.after is not None"),),
        "ConversationPage (after: given): 2 statements, where exactly 1 are agreed",
        id="only with a cursor",
    ),
    pytest.param(
        "ConversationPage",
        (extra_page("page.size > 50"),),
        "ConversationPage (first: largest): 2 statements, where exactly 1 are agreed",
        id="only for large pages",
    ),
    pytest.param(
        "ConversationPage",
        (extra_page("page.size > 50 and page.after is not None"),),
        "ConversationPage (first: largest, after: given): 2 statements, where exactly 1 are",
        id="only for two choices together",
    ),
    pytest.param(
        "ConversationPage",
        (extra_page("page.size == 1"),),
        "ConversationPage (first: smallest): 2 statements, where exactly 1 are agreed",
        id="only for the smallest page",
    ),
    pytest.param(
        "ConversationPage",
        SORT_OF_LARGE,
        "ConversationPage (first: largest): sorts rows of chat_conversations: no index has them in"
        " order in conversations.page_by_user\n    SELECT ",
        id="a sort of large pages alone",
    ),
    pytest.param(
        "SendMessage",
        (EXTRA_OF_LARGE_IS_NO_MORE,),
        "SendMessage (conversationId: absent or null, except idempotencyKey: repeated): 11 "
        "statements, where exactly 9 are agreed",
        id="more than agreed without a conversation",
    ),
    pytest.param(
        "ConversationMessages",
        (OF_NOBODY_ELSE,),
        "refused with null after 2 statements, where exactly 1 are agreed (conversations.by_id 2)",
        id="only for ids that are not the caller's",
    ),
    pytest.param(
        "Plans",
        (OF_COMPANIES,),
        "Plans (caller: company): 2 statements, where exactly 1 are agreed",
        id="only for companies",
    ),
    pytest.param(
        "StartConversation",
        (
            extra_step(
                RENAMED,
                "        context = info.context\n"
                "        started = await context.services.conversations.start(",
                "input_.title is None",
            ),
        ),
        "StartConversation (input.title: null, except input.idempotencyKey: repeated): 2 "
        "statements, where exactly 1 are agreed",
        id="only for a null in an input",
    ),
    pytest.param(
        "RenameConversation",
        (
            extra_step(
                RENAMED,
                "        viewer, key = info.context.require_viewer_id(), "
                "conversation_key(input_.conversation_id)\n"
                "        row = await info.context.services.conversations.rename(",
                "len(input_.title) > 100",
            ),
        ),
        "RenameConversation (input.title: longest): 2 statements, where exactly 1 are agreed",
        id="only for long texts",
    ),
]


@pytest.mark.planted
def test_an_extra_statement_for_what_is_archived(crowd: str, tmp_path: Path) -> None:
    ran = planted(tmp_path, ARCHIVED).guidance(
        "perf", "gate", "--document", "ConversationPage", "--url", crowd
    )
    assert_caught(
        ran,
        "ConversationPage (status: ARCHIVED): 2 statements, where exactly 1 are agreed"
        " (conversations.page_by_user 2) in conversations.page_by_user\n    SELECT parent.id",
    )


@pytest.mark.planted
@pytest.mark.parametrize(("document", "fault", "named"), FAULTS)
def test_a_fault_of_some_variants_alone(
    document: str, fault: tuple[Edit, ...], named: str, crowd: str, tmp_path: Path
) -> None:
    source = planted(tmp_path, *fault)
    assert_caught(source.guidance("perf", "gate", "--document", document, "--url", crowd), named)


OF_DELETE = 'value is not None and dict(value).get("kind") == "delete"'
NEW = """query Both($first: Int, $last: Int, $with: Boolean!, $kind: PrivacyRequestKind) {
  viewer {
    email @include(if: $with)
    createdAt @skip(if: $with)
    privacyRequests(first: 2, kind: $kind) { edges { node { kind } } }
    conversations(first: $first, last: $last) { edges { node { id } } }
  }
}
"""
BUDGET = """
[Both]
p95_ms = 100
p99_ms = 300
statements = 3
subscription_lookups = 0
rows = 110
response_bytes = 20_000
cost = 110
deadline_ms = 5_000
accepts = ["429"]
"""
NEW_DOCUMENT = (
    Edit(f"{DOCUMENTS}/Both.graphql", "", NEW),
    Edit(f"{DOCUMENTS}/budgets.toml", "[Checkout]\n", f"{BUDGET.lstrip()}\n[Checkout]\n"),
    Edit(
        "perf/gate/scenarios/accounts.py",
        '    "Checkout": ',
        '    "Both": Scenario(reader),\n    "Checkout": ',
    ),
)


def extra_loading(signature: str, of_row: str) -> Edit:
    """One statement more in a field that what its loader gives is made of."""
    loaded = "info.context.loaders.user"
    return Edit(
        "gql/schema/user.py",
        f"    def {signature}:\n        return map_future({loaded}.start(self.key), {of_row})\n",
        f"    async def {signature}:\n"
        "        await info.context.loaders.fresh_copy().plans_on_sale.load('all')\n"
        f"        return {of_row}(await {loaded}.load(self.key))\n",
    )


def in_email() -> Edit:
    """One statement more where the email is requested."""
    return extra_loading("email(self, info: Info) -> str", "_email")


def in_created_at() -> Edit:
    """The same where the email is left out."""
    return extra_loading("created_at(self, info: Info) -> datetime", "_created_at")


@pytest.mark.planted
@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ((in_email(),), "Both (with: true): 4 statements, where exactly 3 are agreed"),
        ((in_created_at(),), "Both (with: false): 4 statements, where exactly 3 are agreed"),
        (
            (extra_page("page.is_backward"),),
            "Both (last: ",
        ),
        ((extra_page(OF_DELETE),), "Both (kind: DELETE): 4 statements"),
    ],
)
def test_a_new_document_needs_no_variants_of_its_own(
    fault: tuple[Edit, ...], named: str, crowd: str, tmp_path: Path
) -> None:
    run = ("perf", "gate", "--document", "Both", "--url", crowd)
    clean = planted(tmp_path / "clean", *NEW_DOCUMENT).guidance(*run)
    assert_caught(clean, "CHANGES.md lacks this line", "guidance: 1 not as agreed")
    faulty = planted(tmp_path / "faulty", *NEW_DOCUMENT, *fault).guidance(*run)
    assert_caught(faulty, named)
