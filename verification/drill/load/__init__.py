"""What a round asks for: its jobs of several kinds, their limits, and Celery's own tasks beside them."""
