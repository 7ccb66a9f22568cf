"""Services that keep the table true when processes die: small, each with one query to look and one to act."""
