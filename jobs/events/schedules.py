"""Schedules: what stands still, and what the leader puts right."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class ScheduleBroken(Event):
    """A schedule stands still, since its expression cannot be read any more."""

    level = logging.ERROR
    text = "schedule %(id)d (%(name)s) stands still: %(why)s"
    id: int
    name: str
    why: str


@dataclass(frozen=True)
class ScheduleNotMoved(Event):
    """A schedule cannot be moved on, for a reason that nobody has foreseen; the others go on."""

    level = logging.ERROR
    text = "the next run of schedule %(id)d cannot be made (%(error)s); it is tried again each second"
    traceback = True
    id: int
    error: Exception


@dataclass(frozen=True)
class SuccessorsLeftToLeader(Event):
    """The jobs that come after some that have started could not be made with them."""

    level = logging.ERROR
    text = "the next runs of schedules could not be made (%(error)s); the leader makes them"
    traceback = True
    error: Exception


@dataclass(frozen=True)
class SchedulesMovedOn(Event):
    """The leader has made next runs that no start had made: their runs are held, were lost, or nobody was there; or it
    has noted times of schedules in shadow."""

    level = logging.INFO
    text = "%(moved)d schedules moved on, %(put_right)d next runs made anew"
    moved: int
    put_right: int


@dataclass(frozen=True)
class FollowerNotBlocked(Event):
    """A schedule was changed after which another comes, whose next run could not be told to wait for that."""

    level = logging.WARNING
    text = "the next run of schedule %(id)d (%(name)s) starts without waiting for what was changed (%(error)s)"
    id: int
    name: str
    error: Exception
