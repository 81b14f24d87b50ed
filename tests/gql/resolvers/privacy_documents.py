"""The mutations of privacy requests."""

REQUEST = """
mutation ($key: String!) { made: %s(input: {idempotencyKey: $key}) {
  privacyRequest { id kind status requestedAt completedAt scheduledFor errorReason receiptUrl }
  userErrors { code message field retryAfterSeconds }
} }"""
EXPORT, ERASURE = REQUEST % "requestPrivacyExport", REQUEST % "requestPrivacyDelete"
CANCEL = """
mutation ($id: ID!) { made: cancelPrivacyRequest(input: {privacyRequestId: $id}) {
  privacyRequest { id status } userErrors { code field }
} }"""
