"""Privacy requests, their archives and receipts."""
