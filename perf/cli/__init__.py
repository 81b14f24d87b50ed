"""Commands of `guidance perf`, and the options, failures and exit statuses they share."""
