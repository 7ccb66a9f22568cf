"""`/workers/` and `/workers/<name>/`: how each worker is, what it runs now, and its last hour (docs/workers.md)."""
