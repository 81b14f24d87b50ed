"""Faults in places and ways that came later: search, feedback, payments, routers, agents, GET."""

from pathlib import Path

import pytest

from tests.perf.planted.planted_source import Edit, Ran, assert_caught, planted
from tests.perf.planted.test_memory import line_of

SEARCH = "services/search/service.py"
FEEDBACK = "services/conversations/feedback.py"
BILLING = "services/billing/service.py"
FOLLOWING = "services/billing/subscriptions/following.py"
ENTITIES = "gql/resolvers/entities.py"
RUNNER = "app/graphql/pipeline/operation_runner.py"
TOOLS = "app/graphql/transports/mcp/calls.py"
VALIDATORS = "app/graphql/transports/http/validators.py"
WAITING = "        if is_waiting:\n            await self._indexer.index_newest(user_id)\n"
LOCKED = '            if locked["id"] is None:\n'
LOCK = "await feedback.lock(transaction, user_id, message_id)\n"
REPLAYED = "            if claim.result is not None:\n"
VALIDATED = (
    "            if call.validation is not None:\n"
    "                unchanged = await self._unchanged("
)


def again(path: str, before: str, step: str) -> tuple[Edit, ...]:
    """A step more in front of what is there."""
    return (Edit(path, before, f"{step}{before}"),)


FAULTS = {
    "a search in one conversation": (
        "SearchMessages",
        again(
            SEARCH,
            WAITING,
            "        if scope.conversation_id is not None:\n"
            "            async with self._database.read_primary() as connection:\n"
            "                await message_indexing.is_waiting(connection, user_id)\n",
        ),
        "(conversations.by_id 1, message_indexing.is_waiting 2, ",
    ),
    "a rating of one kind": (
        "GiveFeedback",
        again(
            FEEDBACK,
            LOCKED,
            f"            if rating is FeedbackRating.DOWN:\n                {LOCK}",
        ),
        "GiveFeedback (input.rating: DOWN",
    ),
    "a long comment": (
        "GiveFeedback",
        again(
            FEEDBACK,
            LOCKED,
            f"            if chosen and len(chosen) > 500:\n                {LOCK}",
        ),
        "4 statements, where exactly 3 are agreed (feedback.give 1, feedback.lock 2, ",
    ),
    "what each message was rated": (
        "RatedMessages",
        (
            Edit(
                "loaders/feedback.py",
                "            rows = await feedback.of_messages(connection, ids, viewer_id)\n",
                "            rows = [\n                row\n                for id_ in ids\n"
                "                for row in await feedback.of_messages("
                "connection, [id_], viewer_id)\n"
                "            ]\n",
            ),
        ),
        " times for 2n (N+1) in feedback.of_messages",
    ),
    "the lines of each invoice": (
        "EnterpriseInvoices",
        (
            Edit(
                "loaders/invoices.py",
                "                rows = await pages.lines("
                "connection, kind, owner_ids, [key.id for key in asked])\n",
                "                rows = [\n                    row\n"
                "                    for key in asked\n"
                "                    for row in await pages.lines("
                "connection, kind, owner_ids, [key.id])\n                ]\n",
            ),
        ),
        " times for 2n (N+1) in ",
    ),
    "models of whom nobody asked": (
        "ModelUsage",
        (
            Edit(
                "loaders/model_use.py",
                "            rows = await statements.use_by_day("
                "connection, [key[:3] for key in keys])\n",
                "            rows = await statements.use_by_day("
                "connection, [key[:3] for key in keys])\n"
                "            if not rows:\n"
                "                await statements.use_by_day("
                "connection, [key[:3] for key in keys])\n",
            ),
        ),
        "ModelUsage (from: past): 2 statements, where exactly 1 are agreed",
    ),
    "a payment that is repeated": (
        "RetryPayment",
        again(
            BILLING,
            REPLAYED,
            f"{REPLAYED}                await replayed_payment("
            'transaction, order.user_id, claim.result["payment"])\n',
        ),
        "RetryPayment (input.idempotencyKey: repeated",
    ),
    "a branch of nobody": (
        "SelectBranch",
        again(
            "services/conversations/branches.py",
            "        raise _message_not_found()\n    return int(",
            "        await branches.lock(transaction, user_id, message_id)\n",
        ),
        "refused with NOT_FOUND after ",
    ),
    "a subscription that is read twice": (
        "SubscriptionChanged",
        again(
            FOLLOWING,
            "            rows = await subscriptions.current_subscription_by_user("
            "connection, user_ids)\n",
            "            await subscriptions.current_subscription_by_user(connection, user_ids)\n",
        ),
        "SubscriptionChanged: 2 statements, where exactly 1 are agreed",
    ),
    "only for texts": (
        "Quota",
        again(
            RUNNER,
            VALIDATED,
            "            if call.request.query is not None:\n"
            "                await context.loaders.fresh_copy().plans_on_sale.load('all')\n",
        ),
        "Quota: runs 1 more statements as a text than by POST in billing.plans_on_sale",
    ),
    "only for agents": (
        "Quota",
        again(
            TOOLS,
            "        if not isinstance(answer, OperationResponse):\n",
            "        answer = await self._pipeline.respond(asked)\n",
        ),
        "more statements as a tool than by POST in quota.used_by_user",
    ),
}
ROUTERS = (
    Edit(ENTITIES, "        def federation_entities(", "        async def federation_entities("),
    Edit(
        ENTITIES,
        "            return [_entity(info.context, one) for",
        "            await info.context.loaders.plans_on_sale.load('all')\n"
        "            return [_entity(info.context, one) for",
    ),
)
KEPT_BY_TOOLS = (
    Edit(TOOLS, "class _NotValid(", "_KEPT = []\n\n\nclass _NotValid("),
    *again(
        TOOLS,
        "        operation = self._catalogue.operation(name)\n",
        "        _KEPT.append(bytes(1_024))\n",
    ),
)
KEPT_BY_GET = (
    Edit(VALIDATORS, "\n\ndef validation_of(", "\n_KEPT = []\n\n\ndef validation_of("),
    *again(
        VALIDATORS,
        '    parameters = request.scope["query_string"]',
        "    _KEPT.append(bytes(1_024))\n",
    ),
)
pytestmark = pytest.mark.planted


def gate(url: str, folder: Path, fault: tuple[Edit, ...], *options: str) -> Ran:
    return planted(folder, *fault).guidance("perf", "gate", "--url", url, *options)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_a_place_that_is_new(name: str, crowd: str, tmp_path: Path) -> None:
    document, fault, named = FAULTS[name]
    assert_caught(gate(crowd, tmp_path, fault, "--document", document), f"\n{document}", named)


def test_a_statement_that_only_routers_need(crowd: str, tmp_path: Path) -> None:
    assert_caught(
        gate(crowd, tmp_path, ROUTERS, "--type", "Query"),
        "Query._entities of Conversation: runs 1 more statements than nodes in "
        "billing.plans_on_sale",
    )


@pytest.mark.parametrize(
    ("fault", "file", "way"),
    [
        (KEPT_BY_TOOLS, TOOLS, "600 requests as a tool"),
        (KEPT_BY_GET, VALIDATORS, "600 requests by GET"),
    ],
)
def test_what_only_one_way_keeps(
    fault: tuple[Edit, ...],
    file: str,
    way: str,
    crowd: str,
    tmp_path: Path,
) -> None:
    ran = gate(crowd, tmp_path, fault, "--quick", "--memory", "--document", "Quota")
    number = line_of(file, "_KEPT.append", tmp_path)
    assert_caught(ran, f"bytes of each request are kept, allocated at {file}:{number} ({way}")
