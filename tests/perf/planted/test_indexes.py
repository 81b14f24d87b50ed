"""An index that is dropped is missed by the document that reads by it, whatever else there is."""

import pytest

from perf.servers.host import ROOT
from tests.perf.gate.missing_index import without_index
from tests.perf.planted.planted_source import Source, assert_caught

SORTS = "sorts rows of {}: no index has them in order in {}"
READS = " to use {}: no index serves it in {}"
PAGES, MESSAGES = "conversations.page_by_user", "messages.page_by_conversation"
MISSED = {
    "ix_chat_conversations_user_id_status_updated_at_id": (
        "ConversationPage",
        READS.format(6, PAGES),
    ),
    "ix_chat_conversations_user_id_updated_at_id": (
        "ConversationPage",
        SORTS.format("chat_conversations", PAGES),
    ),
    "ix_chat_messages_conversation_id_branch_created_at_id": (
        "ConversationMessages",
        READS.format(42, MESSAGES),
    ),
    "ix_user_privacy_requests_user_id_request_kind_requested_at_id": (
        "PrivacyExportStatus",
        READS.format(2, "privacy.requests_page_by_user"),
    ),
    "ix_user_privacy_requests_user_id_requested_at_id": (
        "PrivacyRequests",
        SORTS.format("user_privacy_requests", "privacy.requests_page_by_user"),
    ),
    "ix_user_subscriptions_user_id_updated_at_id": (
        "CurrentSubscription",
        SORTS.format("user_subscriptions", "billing.current_subscription_by_user"),
    ),
    "ix_chat_conversation_tags_by_tag": (
        "ConversationsByTag",
        SORTS.format("chat_conversation_tags", PAGES),
    ),
    "ix_user_invoices_user_id_issued_at_id": (
        "Invoices",
        SORTS.format("user_invoices", "invoices.page_by_user"),
    ),
}
"""The composite indexes of the report of 2026-02-20, but for one that is a unique key now, and two
that are newer; each with a document that reads by it, and what is found there.
"""


@pytest.mark.planted
@pytest.mark.parametrize("index", MISSED)
def test_an_index_that_is_dropped(index: str, crowd: str) -> None:
    document, named = MISSED[index]
    with without_index(crowd, index):
        ran = Source(ROOT).guidance("perf", "gate", "--document", document, "--url", crowd)
    assert_caught(ran, f"\n{document}", named)
