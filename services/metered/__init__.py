"""Guidance for companies: replies to single questions, each worth a unit of the contract."""
