"""The mutations of conversations."""

CONVERSATION = "conversation { id title status createdAt updatedAt messageCount }"
ERRORS = "userErrors { code field retryAfterSeconds }"
START = f"""mutation ($input: StartConversationInput!) {{ startConversation(input: $input) {{
  {CONVERSATION} {ERRORS} }} }}"""
RENAME = f"""mutation ($input: RenameConversationInput!) {{ renameConversation(input: $input) {{
  {CONVERSATION} {ERRORS} }} }}"""
ARCHIVE, UNARCHIVE = (
    f"""mutation ($input: ConversationInput!) {{ {name}Conversation(input: $input) {{
  {CONVERSATION} {ERRORS} }} }}"""
    for name in ("archive", "unarchive")
)
DELETE = f"""mutation ($input: ConversationInput!) {{ deleteConversation(input: $input) {{
  deletedConversationId {ERRORS} }} }}"""
