"""`guidance bench growth`: what budgeted operations cost while messages grow in number."""
