"""Stops of everything, and what is listed while there are some."""

from jobs.transitions import stops
from jobs.transitions.stops import Plan
from tests.conftest import NOW, seconds
from tests.starts import list_and_mark


def stop(begins=0, until=None, *, now=NOW, **more):
    end = None if until is None else NOW + seconds(until)
    return stops.stop_everything(Plan(NOW + seconds(begins), end, "the disks move", **more), now=now)


def listed(at=NOW, reach=60):
    return [job.id for job in list_and_mark(now=at, horizon=at + seconds(reach))]
