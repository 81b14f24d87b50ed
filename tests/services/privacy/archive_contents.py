"""What exports of Ada hold, read and expected."""

ADAS_EXPORT = 5
"""The request of the small world that is due."""
OF_ADA = {
    "generation_parts": "user_id = 1",
    "model_daily_usages": "user_id = 1",
    "quota_ledger_entries": "user_id = 1",
    "daily_quota_usages": "user_id = 1",
    "chat_branches": "user_id = 1",
    "chat_conversation_tags": "user_id = 1",
    "chat_message_feedback": "user_id = 1",
    "chat_message_keys": "user_id = 1",
    "chat_conversation_keys": "user_id = 1",
    "chat_messages": "conversation_id BETWEEN 1 AND 45",
    "chat_conversations": "user_id = 1",
    "idempotency_keys": "user_id = 1",
    "user_invoice_lines": "user_id = 1",
    "user_invoices": "user_id = 1",
    "billing_webhook_events": "id = 'event 1'",
    "billing_customers": "user_id = 1",
    "billing_payment_attempts": "user_id = 1",
    "billing_plan_changes": "user_id = 1",
    "user_subscriptions": "user_id = 1",
    "enterprise_accounts": "administrator_id = 1",
    "audit_events": "user_id = 1 AND action <> 'privacy.exported'",
    "enterprise_audit_events": "actor_id = 1 AND actor_kind = 'user'",
    "general_audit_events": "false",
    "privacy_exports": "false",
    "privacy_erasure_counts": "false",
    "user_privacy_requests": "user_id = 1",
    "users": "id = 1",
}
