"""`guidance billing`: what operators do about money."""
