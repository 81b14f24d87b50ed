"""What happens to subscriptions: renewals, changes of plan, cancellations, and who follows them."""
