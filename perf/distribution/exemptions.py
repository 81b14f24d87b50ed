"""Statements about the rows of everybody, which run shard by shard, each for a reason."""

from typing import NamedTuple


class Exemption(NamedTuple):
    """Statements whose name matches the regular expression, and why they name nobody."""

    names: str
    reason: str


EXEMPTIONS = (
    Exemption(
        r"(generations|metered_replies)\.(end_expired|has_released|release_abandoned|take)",
        "A worker takes what is due from each shard in turn.",
    ),
    Exemption(
        r"payments\.claim_(overdue|expired)|billing\.due_subscriptions|privacy\.claim",
        "A worker takes what is due from each shard in turn.",
    ),
    Exemption(
        r"company_billing\.(all_terms|due_accounts)|company_payments\.claim_payment|meter_events\.(claim|unknown_days)",
        "A worker takes what is due from each shard in turn.",
    ),
    Exemption(
        r"message_indexing\.(waiting|earlier)_of_anybody",
        "A worker takes what is due from each shard in turn.",
    ),
    Exemption(
        r"invoices\.audit_\w+",
        "The books are audited: no number may be missing, whoever has it.",
    ),
    Exemption(
        r"idempotency\.forget|metered_replies\.forget_(texts|questions)",
        "What is old is deleted on each shard.",
    ),
    Exemption(
        r"users\.under_erasure|privacy\.owed",
        "All erasures under way, from a partial index that is nearly empty on each shard.",
    ),
    Exemption(
        r"privacy\.search_\w+",
        "An erasure is verified: whatever may name the person is searched.",
    ),
    Exemption(
        r"privacy\.(erase|export)_(audit_events|enterprise_audit_events|enterprise_accounts)",
        "A person is looked for in the rows of others: who acted, and who administers.",
    ),
    Exemption(
        r"quota\.differences|enterprise\.accounts_after",
        "An operator or a test asks about everybody.",
    ),
    Exemption(r"schema\.lock_nobody", "It asks whether the database takes writes, and locks none."),
)
MANY_AT_ONCE = (
    Exemption(
        r"(generations|metered_replies)\.(renew|save_progress)|credentials\.note_uses|message_indexing\.index",
        "A process writes for many people at once: on shards, one statement for each of these.",
    ),
)
"""Statements that lock or change the rows of many people or companies, whom they name."""
