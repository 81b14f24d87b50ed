"""The registry of personal data: what each column holds, whose it is, and how it is erased."""
