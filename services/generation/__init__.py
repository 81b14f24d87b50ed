"""The engine that generates replies: lease, write, complete, fail, recover, for any ledger."""
