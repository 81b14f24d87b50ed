"""Documents: prepared, limited, charged by what they cost; trusted ones, with their budgets."""
