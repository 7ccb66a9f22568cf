"""Sends messages, and says when: by whoever commits a late job, or by the leader. The row is the truth."""

from jobs.dispatcher.late import CLOCK_MARGIN, SOON, horizon, late_publisher, publish_at_commit
from jobs.dispatcher.window import Dispatcher

__all__ = ["CLOCK_MARGIN", "SOON", "Dispatcher", "horizon", "late_publisher", "publish_at_commit"]
