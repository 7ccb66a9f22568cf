"""Arguments that not everybody sees, and secrets that are lent to jobs by their names."""
