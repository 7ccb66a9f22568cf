"""Jobs: rows that start at their `run_at`, once."""
