"""The routes beside /graphql: health, metrics, webhooks, exports and receipts."""
