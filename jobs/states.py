"""The states of a job. docs/states.md has the picture; jobs/transitions/ is the only writer."""

from enum import IntFlag

from django.db import models


class State(models.IntegerChoices):
    """Numbers are part of the table's contract and never change their meaning."""

    PENDING = 0, "pending"  # not started; `enqueued_at` says whether it has been published
    RUNNING = 1, "running"  # acquired and committed; `locked_at` set
    COMPLETED = 2, "completed"  # `execute_at` and `finished_at` set
    FAILED = 3, "failed"  # the target raised, could not be called, or its deadline passed
    CANCELLED = 4, "cancelled"  # by a person or program, before the start
    INTERRUPTED = 5, "interrupted"  # its worker vanished after the start: its effects are unknown
    SKIPPED = 6, "skipped"  # by policy


FINAL = frozenset(State) - {State.PENDING, State.RUNNING}

# What keeps nobody waiting any more. Not an interrupted one: a person will say what became of it.
OVER = FINAL - {State.INTERRUPTED}

# What keeps nobody waiting, and has not done its work: words that follow its name.
ENDED_AS = {State.FAILED: "failed", State.CANCELLED: "was cancelled", State.SKIPPED: "was skipped"}

# How a started attempt can end.
OUTCOMES = frozenset({State.COMPLETED, State.FAILED, State.INTERRUPTED})


class Hold(IntFlag):
    """Reasons why a pending job is not published at its time. Numbers are stored, and never change their meaning."""

    APPROVAL = 1  # nobody has approved it yet
    DEPENDENCIES = 2  # jobs that it waits for have not ended
    PERSON = 4  # it is late, and a person shall say whether it may start
    KEY = 8  # as many of its key run as may
    QUEUE = 16  # its queue is paused, or as many of it run as may

    @property
    def words(self) -> str:
        """Names of the holds, for people: `approval, key`."""
        return ", ".join(hold.name.lower() for hold in Hold if hold in self and hold.name)


class Overlap(models.TextChoices):
    """Choices for a job at its time when as many of its key run as may."""

    ALLOW = "allow", "it starts all the same"
    SKIP = "skip", "it is skipped"
    QUEUE = "queue", "it starts when one of them has ended"
    JOIN = "join", "it does not start: the one that runs counts for both"
    CANCEL = "cancel", "the one that runs is asked to stop, then it starts"


class Awaited(models.TextChoices):
    """Condition on the jobs that a job waits for."""

    SUCCESS = "success", "all of them completed"
    ANY = "any", "all of them ended, however"


class IfLate(models.TextChoices):
    """Choices for a job that is later than its `start_within`."""

    SKIP = "skip", "it is skipped"
    HOLD = "hold", "it waits for a person"


class Blackout(models.TextChoices):
    """Choices for a job whose time its calendar has closed."""

    SKIP = "skip", "it is skipped"
    EARLIER = "earlier", "it starts before, as late as that may be, or else at the next opening"
    NEXT = "next", "it starts at the next opening"


class CatchUp(models.TextChoices):
    """Choices for the runs of a schedule whose time passed while nothing could start them."""

    SKIP = "skip", "none of them starts"
    LATEST = "latest", "the latest starts, once"
    ALL = "all", "all start, one after the other, up to a limit"


class Cause(models.TextChoices):
    """Reasons why a nominal time of a schedule has not started. Stored: the words never change their meaning."""

    PAUSED = "paused", "the schedule was paused"
    DISABLED = "disabled", "the schedule was switched off"
    DOWNTIME = "downtime", "nothing was there to start it"
    CATCH_UP = "catch_up", "more had been missed than the schedule makes up for"
    CALENDAR = "calendar", "the calendar was closed"
    RUNNING = "running", "an earlier run had not ended"
    LATE = "late", "it was later than it may start"
    PERSON = "person", "somebody skipped it"
    TARGET = "target", "its target could not be called"
    DEPENDENCY = "dependency", "a job that it waited for did not end as wanted"
    SHADOW = "shadow", "it would have started: the schedule is in shadow"  # not missed


class StopStanding(models.TextChoices):
    """Words for how a stop of everything is, for people. Not stored."""

    PLANNED = "planned", "planned"
    STOPPED = "stopped", "nothing starts"
    LETTING_GO = "letting_go", "its jobs are let go"
    OVER = "over", "over"


class Standing(models.TextChoices):
    """Words for how a schedule is, for people. Not stored."""

    ON = "on", "on"
    PAUSED = "paused", "paused"
    SHADOW = "shadow", "in shadow"  # it notes when it would have started
    OFF = "off", "off"
    ENDED = "ended", "ended"  # nothing comes any more
    BROKEN = "broken", "broken"  # it cannot go on
