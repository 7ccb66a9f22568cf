"""Throughput: jobs a second that the workers get through, beside bare Celery's no-op tasks on the same broker."""
