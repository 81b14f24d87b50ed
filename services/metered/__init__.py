"""Guidance for companies: replies to single questions, each charged as a unit of the contract."""
