"""The leading beat: it lists each window, publishes what it found, and puts right what others have left."""

from jobs.scheduler.window_scheduler import WindowScheduler

__all__ = ["WindowScheduler"]
