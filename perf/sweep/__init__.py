"""The sweep: times every budgeted document by itself, over HTTP, with the gate's scenarios."""
