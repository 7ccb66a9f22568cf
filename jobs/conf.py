"""The settings of RunAt, with their defaults. Seconds, but for the limits."""

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
    form_creation_rate: float  # jobs a second that a person without a limit of their groups may create; 0: any
    payload_limit: int  # bytes of JSON
    node_max_cpu: float | None  # percent; a node over this takes no jobs. None: no limit
    node_max_memory: float | None  # percent
    node_max_load: float | None  # a core

    @property
    def patience(self) -> timedelta:
        return timedelta(seconds=self.heartbeat_patience)


def conf() -> Conf:
    """The settings now in force (read at each call: tests override them)."""
    return Conf(
        min_prepare_time=settings.JOBS_MIN_PREPARE_TIME,
        max_delay_time=settings.JOBS_MAX_DELAY_TIME,
        arm_lead=settings.JOBS_ARM_LEAD,
        look_ahead=settings.JOBS_LOOK_AHEAD,
        heartbeat_interval=settings.JOBS_HEARTBEAT_INTERVAL,
        heartbeat_patience=settings.JOBS_HEARTBEAT_PATIENCE,
        form_creation_rate=settings.JOBS_FORM_CREATION_RATE,
        payload_limit=getattr(settings, "JOBS_PAYLOAD_LIMIT", 64 * 1024),
        node_max_cpu=settings.JOBS_NODE_MAX_CPU,
        node_max_memory=settings.JOBS_NODE_MAX_MEMORY,
        node_max_load=settings.JOBS_NODE_MAX_LOAD,
    )
