"""The GraphQL endpoint: transports, one pipeline for all of them, and what they are made of."""
