"""A soak: what many jobs leave behind in the tables while an old snapshot keeps the server from clearing it away."""
