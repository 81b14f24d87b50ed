"""Printing an invoice as a PDF, in a process of its own: the same bytes every time."""
