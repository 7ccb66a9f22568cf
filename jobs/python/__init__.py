"""Python, a way in: creates jobs and does to them what REST does, with the same answers. Take it from `jobs`."""

from jobs.python.acting import acting_as
from jobs.python.controls import acancel, areschedule, await_job, cancel, get, reschedule, wait
from jobs.python.handle import JobHandle
from jobs.python.refused import Refused
from jobs.python.scheduling import aschedule, aschedule_many, schedule, schedule_many

__all__ = [
    "JobHandle",
    "Refused",
    "acancel",
    "acting_as",
    "areschedule",
    "aschedule",
    "aschedule_many",
    "await_job",
    "cancel",
    "get",
    "reschedule",
    "schedule",
    "schedule_many",
    "wait",
]
