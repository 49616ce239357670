"""Does the store keep what it is given? Every test runs on SQLite and on PostgreSQL."""
