"""Invoices: issued with numbers without gaps, never changed, and corrected by credit notes."""
