"""What happens on a worker: a message becomes a timer, the timer a row lock, the lock a punctual start."""

from jobs.worker.process import lifecycle

__all__ = ["lifecycle"]
