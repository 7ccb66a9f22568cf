"""A job in its slot: its body, its connections, its output, its end."""
