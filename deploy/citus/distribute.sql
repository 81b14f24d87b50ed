-- Distributes the tables of a migrated database with Citus; run it on the coordinator, as its
-- superuser, before the service serves from it. Written by `make generate`.
--
-- Nobody has tried it yet: `guidance db check-distribution` proves what it can without Citus.
-- Try it in this order: this script on an empty database; that rows of lookups appear with their
-- rows, as Citus documents no triggers on distributed tables and only has a setting for them;
-- `guidance db seed` and the tests of the API; the worker; then an erasure; then rebalancing.
\set ON_ERROR_STOP on
CREATE EXTENSION IF NOT EXISTS citus;
SET citus.enable_unsafe_triggers TO on;

SELECT create_reference_table('archived_erasure_counts');
SELECT create_reference_table('archived_invoice_lines');
SELECT create_reference_table('archived_invoices');
SELECT create_reference_table('archived_privacy_requests');
SELECT create_reference_table('billing_plans');
SELECT create_reference_table('billing_webhook_events');
SELECT create_reference_table('enterprise_administrators');
SELECT create_reference_table('enterprise_key_ids');
SELECT create_reference_table('general_audit_events');
SELECT create_reference_table('invoice_counters');
SELECT create_reference_table('model_daily_feedback');
SELECT create_reference_table('model_daily_totals');
SELECT create_reference_table('payment_provider_keys');
SELECT create_reference_table('payment_provider_references');
SELECT create_reference_table('privacy_export_files');
SELECT create_reference_table('privacy_export_tokens');
SELECT create_reference_table('privacy_request_owners');
SELECT create_reference_table('trusted_document_objectives');
SELECT create_reference_table('trusted_document_tools');
SELECT create_reference_table('trusted_document_uses');
SELECT create_reference_table('trusted_document_version');
SELECT create_reference_table('trusted_documents');
SELECT create_reference_table('unknown_documents');
SELECT create_reference_table('user_emails');
SELECT create_reference_table('archived_payment_attempts');
SELECT create_reference_table('archived_plan_changes');
SELECT create_reference_table('archived_subscriptions');
SELECT create_reference_table('trusted_document_publications');

SELECT create_distributed_table('enterprise_accounts', 'id', colocate_with => 'none');
SELECT create_distributed_table('users', 'id', colocate_with => 'none');
SELECT create_distributed_table('audit_events', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('billing_customers', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('chat_conversations', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('daily_quota_usages', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('enterprise_audit_events', 'enterprise_account_id', colocate_with => 'enterprise_accounts');
SELECT create_distributed_table('enterprise_billing_terms', 'enterprise_account_id', colocate_with => 'enterprise_accounts');
SELECT create_distributed_table('enterprise_credentials', 'enterprise_account_id', colocate_with => 'enterprise_accounts');
SELECT create_distributed_table('enterprise_daily_usages', 'enterprise_account_id', colocate_with => 'enterprise_accounts');
SELECT create_distributed_table('enterprise_idempotency_keys', 'enterprise_account_id', colocate_with => 'enterprise_accounts');
SELECT create_distributed_table('enterprise_invoices', 'enterprise_account_id', colocate_with => 'enterprise_accounts');
SELECT create_distributed_table('enterprise_model_daily_usages', 'enterprise_account_id', colocate_with => 'enterprise_accounts');
SELECT create_distributed_table('idempotency_keys', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('model_daily_usages', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('quota_ledger_entries', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_invoices', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_privacy_requests', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_subscriptions', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('billing_payment_attempts', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('billing_plan_changes', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('chat_branches', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('chat_conversation_keys', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('chat_conversation_tags', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('chat_messages', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('enterprise_generations', 'enterprise_account_id', colocate_with => 'enterprise_accounts');
SELECT create_distributed_table('enterprise_invoice_lines', 'enterprise_account_id', colocate_with => 'enterprise_accounts');
SELECT create_distributed_table('enterprise_meter_events', 'enterprise_account_id', colocate_with => 'enterprise_accounts');
SELECT create_distributed_table('enterprise_payments', 'enterprise_account_id', colocate_with => 'enterprise_accounts');
SELECT create_distributed_table('privacy_erasure_counts', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('privacy_exports', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_invoice_lines', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('chat_message_feedback', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('chat_message_keys', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('chat_message_searches', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('chat_messages_to_index', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('enterprise_generation_parts', 'enterprise_account_id', colocate_with => 'enterprise_accounts');
SELECT create_distributed_table('generation_parts', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('reply_generations', 'user_id', colocate_with => 'users');
