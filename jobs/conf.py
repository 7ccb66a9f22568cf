"""The settings of RunAt, with their defaults. Seconds. The environment sets the first three."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings


@dataclass(frozen=True)
class Conf:
    """A snapshot of the settings; jobs/checks.py refuses values that cannot work."""

    min_prepare_time: float  # W: the length of a window; every job is committed at least this long ahead
    max_delay_time: float  # a job must have started this long after its run_at
    arm_lead: float  # the row lock is taken this long before run_at
    look_ahead: float  # how far beyond its window a list query reaches, so that a late beat is not a late job
    heartbeat_interval: float  # a worker says that it lives this often
    heartbeat_patience: float  # a worker silent for this long is gone
    payload_limit: int  # bytes of JSON

    @property
    def patience(self) -> timedelta:
        return timedelta(seconds=self.heartbeat_patience)


def conf() -> Conf:
    """The settings now in force (read at each call: tests override them)."""
    return Conf(
        min_prepare_time=getattr(settings, "JOBS_MIN_PREPARE_TIME", 10.0),
        max_delay_time=getattr(settings, "JOBS_MAX_DELAY_TIME", 30.0),
        arm_lead=getattr(settings, "JOBS_ARM_LEAD", 0.2),
        look_ahead=getattr(settings, "JOBS_LOOK_AHEAD", 2.0),
        heartbeat_interval=getattr(settings, "JOBS_HEARTBEAT_INTERVAL", 5.0),
        heartbeat_patience=getattr(settings, "JOBS_HEARTBEAT_PATIENCE", 20.0),
        payload_limit=getattr(settings, "JOBS_PAYLOAD_LIMIT", 64 * 1024),
    )
