"""The operations on API keys."""

CREATE = """mutation ($key: String!) { createApiCredential(input: {idempotencyKey: $key}) {
  apiKey credential { id keyPrefix status expiresAt } userErrors { code field } } }"""
ROTATE = """mutation ($id: ID!, $overlap: Int!) {
  rotateApiCredential(input: {credentialId: $id, overlapSeconds: $overlap}) {
    apiKey credential { id status } userErrors { code field } } }"""
REVOKE = """mutation ($id: ID!) { revokeApiCredential(input: {credentialId: $id}) {
  credential { id status } userErrors { code field } } }"""
KEYS = "{ enterpriseAccount { credentials { id status expiresAt } } }"
