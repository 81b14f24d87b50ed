"""Documents: prepared, limited, charged by what they cost, and trusted with budgets of their own."""
