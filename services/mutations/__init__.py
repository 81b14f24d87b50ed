"""What every mutation uses: refusals, input validation, idempotency keys and the audit trail."""
