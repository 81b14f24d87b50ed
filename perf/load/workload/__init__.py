"""What a load test sends: profiles, flows, their callers, and when each request is due."""
