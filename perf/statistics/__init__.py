"""What samples allow to be said: intervals and verdicts, each after its textbook."""
