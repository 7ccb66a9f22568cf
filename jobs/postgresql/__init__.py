"""The database backend: Django's own for PostgreSQL, whose sessions are writable, pinned, and gone after an error."""
