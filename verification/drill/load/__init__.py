"""Load of a round: its jobs of several kinds, their limits, and Celery's own tasks beside them."""
