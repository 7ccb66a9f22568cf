"""What keeps the table true when processes die: small services, each with one query to look and one to act."""
