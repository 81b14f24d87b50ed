"""Documents: parsed, validated, limited and costed once; trusted ones, and their budgets."""
