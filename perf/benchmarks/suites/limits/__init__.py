"""What limits, budgets and metering add to a call."""
