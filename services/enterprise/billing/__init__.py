"""What companies pay: events of metered overage, invoices of months, and taking their money."""
