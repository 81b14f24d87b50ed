"""PostgreSQL and Redis are killed and their replicas take over, while people write."""
