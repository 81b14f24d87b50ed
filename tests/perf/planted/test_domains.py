"""Faults in what is newer than the gate: branches, tags, search, invoices, models and periods."""

from pathlib import Path

import pytest

from tests.perf.planted.planted_source import Edit, Ran, assert_caught, planted

MESSAGE = "gql/schema/chat/message.py"
ANOTHER = "await info.context.loaders.fresh_copy().plans_on_sale.load('all')\n"
SIBLINGS_AFTER = (
    Edit(MESSAGE, "    def siblings(\n", "    async def siblings(\n"),
    Edit(
        MESSAGE,
        "        return info.context.loaders.siblings.start("
        "PageKey(self.key, page, None, page_reads(info)))\n",
        f"        if after:\n            {ANOTHER}"
        "        return await info.context.loaders.siblings.load(\n"
        "            PageKey(self.key, page, None, page_reads(info))\n        )\n",
    ),
)
KEYSET = "db/queries/clauses/keyset_query.py"
SORT_OF_LARGE_PAGES_OF_TAGS = (
    Edit(
        KEYSET,
        "            has_before=page.before is not None,\n",
        "            has_before=page.before is not None,\n            is_large=page.size > 50,\n",
    ),
    Edit(
        KEYSET,
        "        has_before: bool,\n",
        "        has_before: bool,\n        is_large: bool = False,\n",
    ),
    Edit(
        KEYSET,
        "        page = rows.order_by(*self._order(is_backward=is_backward))",
        "        by = (self._columns[1], self._id) if is_large and self._always else None\n"
        "        page = rows.order_by(*(by or self._order(is_backward=is_backward)))",
    ),
)
LONGER_PARTS = (
    Edit(MESSAGE, "lambda parts: parts or (whole,)", "lambda parts: (parts or (whole,)) * 9"),
)
CONVERSATION_BY_ITSELF = (
    Edit(
        MESSAGE,
        "info.context.loaders.conversation.start(",
        "info.context.loaders.fresh_copy().conversation.start(",
    ),
)
LINES = '                found[row["invoice_id"]].append(line_from(row))\n'
SWALLOWED = (
    Edit(
        "loaders/invoices.py",
        LINES,
        "                try:\n"
        '                    found[row["invoice"]].append(line_from(row))\n'
        "                except KeyError:\n"
        "                    continue\n",
    ),
)
PAYMENT = "services/billing/subscriptions/plan_changes.py"
ONLY_IF_PAID = (
    Edit(
        PAYMENT,
        "        if change.due_cents > 0:\n",
        "        if change.due_cents > 0:\n"
        "            await price_segments(transaction, current)\n",
    ),
)
ENTITIES_BY_THEMSELVES = (
    Edit(
        "gql/resolvers/entities.py",
        "        return fetch_node(context, id_) if ",
        "        context.loaders = context.loaders.fresh_copy()\n"
        "        return fetch_node(context, id_) if ",
    ),
)
ONLY_BY_GET = (
    Edit(
        "app/graphql/pipeline/operation_runner.py",
        "        call, operation = run.call, facts.operation\n"
        "        tag = await validation.begin(",
        "        call, operation = run.call, facts.operation\n"
        "        if run.context is not None:\n"
        "            await run.context.loaders.fresh_copy().plans_on_sale.load('all')\n"
        "        tag = await validation.begin(",
    ),
)
FAULTS = {
    "after a sibling": (
        "MessageSiblings",
        SIBLINGS_AFTER,
        "MessageSiblings (after: given): 3 statements, where exactly 2 are agreed",
    ),
    "a sort of large pages of a tag": (
        "ConversationsByTag",
        SORT_OF_LARGE_PAGES_OF_TAGS,
        ": sorts rows of chat_conversation_tags: no index has them in order in",
    ),
    "an answer that has everything several times": (
        "ReplyParts",
        LONGER_PARTS,
        " response bytes, where at most 250 are agreed",
    ),
    "the conversation of each message that is found": (
        "SearchMessages",
        CONVERSATION_BY_ITSELF,
        " statements, where exactly 4 are agreed (conversations.by_id 2",
    ),
    "an error that is swallowed": (
        "Invoices",
        SWALLOWED,
        "Invoices: viewer.invoices.edges.node.lines is answered with no items, of which there are",
    ),
    "only if something is to be paid": (
        "ChangePlan",
        ONLY_IF_PAID,
        "26 statements, where exactly 25 are agreed",
    ),
}


def gate(url: str, folder: Path, fault: tuple[Edit, ...], *options: str) -> Ran:
    return planted(folder, *fault).guidance("perf", "gate", "--url", url, *options)


@pytest.mark.planted
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_a_domain(name: str, crowd: str, tmp_path: Path) -> None:
    document, fault, named = FAULTS[name]
    ran = gate(crowd, tmp_path, fault, "--document", document)
    assert_caught(ran, f"\n{document}", named)


@pytest.mark.planted
def test_an_error_that_is_swallowed_in_a_field(crowd: str, tmp_path: Path) -> None:
    ran = gate(crowd, tmp_path, SWALLOWED, "--type", "InvoiceLine")
    assert_caught(ran, "InvoiceLine: no document reaches any of its fields")


@pytest.mark.planted
def test_what_only_happens_by_get(crowd: str, tmp_path: Path) -> None:
    ran = gate(crowd, tmp_path, ONLY_BY_GET, "--document", "Plans")
    assert_caught(ran, "Plans: runs 1 more statements by GET than by POST in billing.plans_on_sale")


@pytest.mark.planted
def test_what_only_routers_ask(crowd: str, tmp_path: Path) -> None:
    ran = gate(crowd, tmp_path, ENTITIES_BY_THEMSELVES, "--type", "Query")
    assert_caught(ran, "Query._entities of Conversation: runs ", "(N+1) in conversations.by_id")
