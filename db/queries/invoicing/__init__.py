"""Statements about invoices, the same for those of people and those of companies."""
