"""`guidance models` and `guidance usage`: what plans allow, and tokens against the provider's."""
