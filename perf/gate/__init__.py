"""Whether our own documents keep what is agreed of them, found out without a clock."""
