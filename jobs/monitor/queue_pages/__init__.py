"""`/queues/` and `/queues/<name>/`: what waits and runs in each, its limits, its last hour (docs/queues.md)."""
