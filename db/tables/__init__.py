"""Every table of the product; importing this module fills `Table.metadata`."""

from db.tables.archives import (
    ARCHIVED_ERASURE_COUNTS,
    ARCHIVED_PAYMENTS,
    ARCHIVED_PLAN_CHANGES,
    ARCHIVED_REQUESTS,
    ARCHIVED_SUBSCRIPTIONS,
)
from db.tables.audit import AuditEvent, EnterpriseAuditEvent, GeneralAuditEvent
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
from db.tables.client_keys import ConversationKey, MessageKey
from db.tables.company_billing import (
    EnterpriseBillingTerms,
    EnterpriseMeterEvent,
    EnterprisePayment,
)
from db.tables.enterprise import (
    EnterpriseAccount,
    EnterpriseCredential,
    EnterpriseDailyUsage,
    EnterpriseGeneration,
)
from db.tables.feedback import MessageFeedback, ModelDailyFeedback
from db.tables.idempotency import EnterpriseIdempotencyKey, IdempotencyKey
from db.tables.invoices import (
    EnterpriseInvoice,
    EnterpriseInvoiceLine,
    InvoiceCounter,
    UserInvoice,
    UserInvoiceLine,
)
from db.tables.lookups import (
    EnterpriseAdministrator,
    EnterpriseKeyId,
    PaymentProviderKey,
    PaymentProviderReference,
    PrivacyExportFile,
    PrivacyExportToken,
    PrivacyRequestOwner,
    UserEmail,
)
from db.tables.models import (
    EnterpriseGenerationPart,
    EnterpriseModelDailyUsage,
    GenerationPart,
    ModelDailyTotal,
    ModelDailyUsage,
)
from db.tables.privacy import PrivacyErasureCount, PrivacyExport, UserPrivacyRequest
from db.tables.quota import DailyQuotaUsage, QuotaLedgerEntry
from db.tables.search import MessageSearch, MessageToIndex
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
    "ConversationKey",
    "DailyQuotaUsage",
    "EnterpriseAccount",
    "EnterpriseAdministrator",
    "EnterpriseAuditEvent",
    "EnterpriseBillingTerms",
    "EnterpriseCredential",
    "EnterpriseDailyUsage",
    "EnterpriseGeneration",
    "EnterpriseGenerationPart",
    "EnterpriseIdempotencyKey",
    "EnterpriseInvoice",
    "EnterpriseInvoiceLine",
    "EnterpriseKeyId",
    "EnterpriseMeterEvent",
    "EnterpriseModelDailyUsage",
    "EnterprisePayment",
    "GeneralAuditEvent",
    "GenerationPart",
    "IdempotencyKey",
    "InvoiceCounter",
    "MessageFeedback",
    "MessageKey",
    "MessageSearch",
    "MessageToIndex",
    "ModelDailyFeedback",
    "ModelDailyTotal",
    "ModelDailyUsage",
    "PaymentProviderKey",
    "PaymentProviderReference",
    "PrivacyErasureCount",
    "PrivacyExport",
    "PrivacyExportFile",
    "PrivacyExportToken",
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
    "UserEmail",
    "UserInvoice",
    "UserInvoiceLine",
    "UserPrivacyRequest",
    "UserSubscription",
]
