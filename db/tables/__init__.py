"""Every table of the product; importing this module fills `Table.metadata`."""

from db.tables.archives import (
    ARCHIVED_ERASURE_COUNTS,
    ARCHIVED_PAYMENTS,
    ARCHIVED_PLAN_CHANGES,
    ARCHIVED_REQUESTS,
    ARCHIVED_SUBSCRIPTIONS,
)
from db.tables.audit import AuditEvent
from db.tables.base import Table
from db.tables.billing import (
    BillingCustomer,
    BillingPaymentAttempt,
    BillingPlan,
    BillingPlanChange,
    BillingWebhookEvent,
    UserSubscription,
)
from db.tables.chat import (
    ChatBranch,
    ChatConversation,
    ChatConversationTag,
    ChatMessage,
    ReplyGeneration,
)
from db.tables.enterprise import (
    EnterpriseAccount,
    EnterpriseCredential,
    EnterpriseDailyUsage,
    EnterpriseGeneration,
)
from db.tables.idempotency import IdempotencyKey
from db.tables.invoices import (
    EnterpriseInvoice,
    EnterpriseInvoiceLine,
    InvoiceCounter,
    UserInvoice,
    UserInvoiceLine,
)
from db.tables.lookups import PrivacyRequestOwner
from db.tables.models import (
    EnterpriseGenerationPart,
    EnterpriseModelDailyUsage,
    GenerationPart,
    ModelDailyTotal,
    ModelDailyUsage,
)
from db.tables.privacy import PrivacyErasureCount, PrivacyExport, UserPrivacyRequest
from db.tables.quota import DailyQuotaUsage, QuotaLedgerEntry
from db.tables.trusted_documents import (
    TrustedDocument,
    TrustedDocumentObjective,
    TrustedDocumentPublication,
    TrustedDocumentTool,
    TrustedDocumentUse,
    TrustedDocumentVersion,
    UnknownDocument,
)
from db.tables.users import User

__all__ = [
    "ARCHIVED_ERASURE_COUNTS",
    "ARCHIVED_PAYMENTS",
    "ARCHIVED_PLAN_CHANGES",
    "ARCHIVED_REQUESTS",
    "ARCHIVED_SUBSCRIPTIONS",
    "AuditEvent",
    "BillingCustomer",
    "BillingPaymentAttempt",
    "BillingPlan",
    "BillingPlanChange",
    "BillingWebhookEvent",
    "ChatBranch",
    "ChatConversation",
    "ChatConversationTag",
    "ChatMessage",
    "DailyQuotaUsage",
    "EnterpriseAccount",
    "EnterpriseCredential",
    "EnterpriseDailyUsage",
    "EnterpriseGeneration",
    "EnterpriseGenerationPart",
    "EnterpriseInvoice",
    "EnterpriseInvoiceLine",
    "EnterpriseModelDailyUsage",
    "GenerationPart",
    "IdempotencyKey",
    "InvoiceCounter",
    "ModelDailyTotal",
    "ModelDailyUsage",
    "PrivacyErasureCount",
    "PrivacyExport",
    "PrivacyRequestOwner",
    "QuotaLedgerEntry",
    "ReplyGeneration",
    "Table",
    "TrustedDocument",
    "TrustedDocumentObjective",
    "TrustedDocumentPublication",
    "TrustedDocumentTool",
    "TrustedDocumentUse",
    "TrustedDocumentVersion",
    "UnknownDocument",
    "User",
    "UserInvoice",
    "UserInvoiceLine",
    "UserPrivacyRequest",
    "UserSubscription",
]
