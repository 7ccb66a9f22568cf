"""Evidence of a round: rows, ledger rows, the bodies' own ledger, and what was injected. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from verification.drill.faults import Injected
from verification.drill.ledger import Line


@dataclass(frozen=True)
class Share:
    """A limit, and how many of it may run at a time."""

    name: str
    most: int


@dataclass(frozen=True)
class Row:
    """Row of jobs_job. Times are aware, on the database's clock."""

    job_id: int
    #: Name of the job in the bodies' ledger.
    key: str
    state: int
    run_at: datetime
    created_at: datetime
    #: Entry of the body; None: it never came so far.
    execute_at: datetime | None
    finished_at: datetime | None
    reason: str = ""
    #: Limits that the job is in.
    shares: tuple[Share, ...] = ()
    #: True: the body is an HTTP request.
    http: bool = False
    #: Time of its schedule that it stands for; None: it is not the run of one.
    nominal_at: datetime | None = None
    #: Name of its schedule; empty: none.
    schedule: str = ""
    queue: str = ""


@dataclass(frozen=True)
class Recurring:
    """Schedule of the load, with all its nominal times as the drill itself has reckoned them. Its runs start later than
    these by one part of `spread` seconds."""

    name: str
    times: tuple[datetime, ...]
    spread: float = 0.0


@dataclass(frozen=True)
class Noted:
    """Row of jobs_occurrence."""

    schedule: str
    nominal_at: datetime
    number: int
    job_id: int | None
    cause: str | None
    count: int = 1


@dataclass(frozen=True)
class Start:
    """Row of jobs_attempt. `pid`: of the process that its session belongs to, None when nobody knows."""

    job_id: int
    number: int
    worker: str
    pid: int | None
    locked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    outcome: int | None


class Fate(StrEnum):
    """Fate of a job that was over long before the round; its value is a word for people."""

    MOVES = "may be moved"
    REMOVED = "its day has come"
    KEPT = "kept"
    STAYS = "waited for"


@dataclass(frozen=True)
class Old:
    """Place of a job that was over long before the round: how many times in jobs_job (`hot`) and in the history
    (`moved`), with how many attempts in both; `day`: when it is removed there, None: never, or it is not there."""

    job_id: int
    fate: Fate
    hot: int
    moved: int
    starts: int
    day: date | None


@dataclass(frozen=True)
class Stopped:
    """Stop of everything (wall clock): from `kept_from` on, when it was answered, until its end no body is entered."""

    begins_at: float
    kept_from: float
    until: float


class Edition(NamedTuple):
    """Job as it was edited: its key in the bodies' ledger, its time and its queue."""

    key: str
    run_at: datetime
    queue: str


@dataclass(frozen=True)
class Allowance:
    """Jobs due in [begin, end] (wall clock) may start `extra` seconds later than MaxDelayTime. `away`: from when to
    when nobody could reach what the fault took away, its return included; None where it took nothing away."""

    fault: str
    begin: float
    end: float
    extra: float
    away: tuple[float, float] | None = None


@dataclass(frozen=True)
class Queries:
    """The round's cost and what it may be at most, if there is a limit."""

    cost: int
    limit: float | None
    list_queries: int
    windows: int
    acquire_failures: int


@dataclass
class Evidence:
    """Seconds. `expected`: the ids that were created; `clock_error`: how far the bodies' clock may be off the
    database's; `whole`: every job must complete; `quiet`: nothing may raise; `rescue`: within which a
    vanished worker's job gives its place back; `tasks`: how many of Celery's own ran; `bundles`: how many messages of
    several jobs have come to workers; `moved_too_soon`: jobs in the history that have not ended long ago; `edits`: each
    job that was edited, by its id, as it was at the last edit that took effect."""

    expected: set[int]
    rows: list[Row]
    starts: list[Start]
    ledger: list[Line]
    injected: list[Injected]
    allowances: list[Allowance]
    window: float
    max_delay: float
    queries: Queries
    clock_error: float = 0.0
    rescue: float = 0.0
    tasks: int = 0
    bundles: int = 0
    whole: bool = False
    quiet: bool = False
    bad_ends: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    schedules: list[Recurring] = field(default_factory=list)
    occurrences: list[Noted] = field(default_factory=list)
    old: list[Old] = field(default_factory=list)
    moved_too_soon: list[int] = field(default_factory=list)
    stops: list[Stopped] = field(default_factory=list)
    edits: dict[int, Edition] = field(default_factory=dict)
