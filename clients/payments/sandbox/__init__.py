"""The sandbox: a provider without real money, whose state all processes share, and its clock."""
