"""The worker: it makes a timer of a message, a row lock of the timer, and a punctual start of the lock."""

from jobs.worker.process import lifecycle

__all__ = ["lifecycle"]
