"""The way of a job's message to the broker, whoever sends it: the leader, or whoever commits a late job. The row is the
truth."""

from jobs.publishing.late import CLOCK_MARGIN, SOON, horizon, late_publisher, publish_at_commit

__all__ = ["CLOCK_MARGIN", "SOON", "horizon", "late_publisher", "publish_at_commit"]
