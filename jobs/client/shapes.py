"""Bodies of requests and answers of REST, for type checkers. Made of its OpenAPI document by tests/client/shapes_of.py,
and compared with it by a test."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict


class NewJob(TypedDict, total=False):
    """Fields that a job is created from; `target` must be there. Each with its help."""

    target: Annotated[str, "The registered name of what is called."]
    run_at: Annotated[
        str | datetime,
        'When it starts: RFC 3339. Left out or "now": at once, as is a time that has passed by no more than 5 s.',
    ]
    payload: Annotated[dict[str, Any] | None, 'The target\'s arguments, a JSON object such as {"seconds": 0.1}.']
    name: Annotated[str, "For people; need not be unique."]
    queue: Annotated[str, "Which workers may take it."]
    labels: Annotated[
        dict[str, str], 'What it can be found by: texts by keys, such as {"team": "payroll"}, 16 at most.'
    ]
    rerunnable: Annotated[
        bool, "Running it twice does no harm: when its worker vanishes after the start it is started again."
    ]
    max_attempts: Annotated[
        int, "How many starts a rerunnable job may have, the first included: 2 to 100. 1 for all others."
    ]
    retry_on: Annotated[
        list[str],
        "After which ends a rerunnable job starts again: failure (any), unknown (sent, not "
        "answered), unsent, a status such as 503 or 5xx, the name of a Python exception.",
    ]
    start_within: Annotated[
        int | None, "How many seconds after its time it may still start; see if_late. Null: however late."
    ]
    deadline: Annotated[
        int | None,
        "How many seconds it may take, from its time or, if later, from when its worker took it; "
        "then it is told to stop, killed where it has its own process, and fails. Null: however "
        "long.",
    ]
    if_late: Annotated[Literal["skip", "hold"], "What becomes of one that is later than it may start."]
    key: Annotated[str | None, "Jobs of one key do not run together. Null: none."]
    key_limit: Annotated[int, "How many of its key may run at a time."]
    overlap: Annotated[
        Literal["allow", "skip", "queue", "join", "cancel"],
        "What becomes of it when that many of its key run at its time.",
    ]
    calendar: Annotated[str | None, "The name of the calendar that says when it may start. Null: at any time."]
    blackout: Annotated[
        Literal["skip", "earlier", "next"], "What becomes of it when its calendar is closed at its time."
    ]
    waits_for: Annotated[list[int], "The ids of jobs that must end before it starts, 1000 at most. They must exist."]
    waits_for_end: Annotated[
        Literal["success", "any"],
        "What it wants of them. An interrupted one has ended when a person has said what became of it.",
    ]


class JobChanges(TypedDict, total=False):
    """Fields of a job that has not started that an edit may change, each as a whole."""

    payload: dict[str, Any]
    name: str
    queue: str
    labels: dict[str, str]
    rerunnable: bool
    max_attempts: int
    retry_on: list[str]
    start_within: int | None
    deadline: int | None
    if_late: Literal["skip", "hold"]
    key: str | None
    key_limit: int
    overlap: Literal["allow", "skip", "queue", "join", "cancel"]
    calendar: str | None
    blackout: Literal["skip", "earlier", "next"]
    run_at: str | datetime
    reason: str


class Other(TypedDict):
    """Job that is named by another, and how it is."""

    id: int
    state: int
    state_name: str


class AwaitedRun(TypedDict):
    """Run of another schedule that a job waits for."""

    schedule: int
    name: str
    nominal_at: str | None
    job: int | None
    is_over: bool
    stands: str


class Attempt(TypedDict):
    """Start of a job, from the ledger."""

    number: int
    worker: str
    run_at: str
    locked_at: str
    started_at: str | None
    finished_at: str | None
    outcome: int | None
    outcome_name: str | None
    error: str
    result: Any
    log: Any
    progress: float | None
    progress_note: str | None


class Audit(TypedDict):
    """Line of a job's audit: what somebody asked of it, and why."""

    at: str
    verb: str
    by: str | None
    reason: str
    from_state: int | None
    from_state_name: str | None
    to_state: int | None
    to_state_name: str | None
    before: Any
    after: Any


class Job(TypedDict):
    """Job as it is listed. `state` is a number, `state_name` its word."""

    id: int
    name: str
    target: str
    payload: Any
    queue: str
    run_at: str
    state: int
    state_name: str
    reason: str
    created_at: str
    enqueued_at: str | None
    locked_at: str | None
    execute_at: str | None
    finished_at: str | None
    delay_ms: float | None
    late_cause: str | None
    late_why: str
    missed_cause: str | None
    duration_ms: float | None
    attempt: int
    version: int
    labels: dict[str, str]
    rerunnable: bool
    max_attempts: int
    retry_on: Any
    start_within: int | None
    if_late: str
    key: str | None
    key_limit: int
    overlap: str
    calendar: str | None
    blackout: str
    asked_run_at: str | None
    held_by: str
    waits_for_end: str | None
    batch: int | None
    schedule: int | None
    nominal_at: str | None
    waited_for: str
    not_before: str | None
    joined_id: int | None
    deadline: int | None
    beyond_deadline: bool
    cancel_requested_at: str | None
    created_by: str | None
    in_history: bool
    remove_on: str | None
    redacted_at: str | None
    traceparent: str | None


class JobDetail(Job):
    """Job with its starts, its audit and what it waits for."""

    waits_for: list[Other]
    waits_for_runs: list[AwaitedRun]
    dependents: list[Other]
    attempts: list[Attempt]
    audit: list[Audit]


class Worker(TypedDict):
    """Worker, as it is now."""

    session: str
    name: str
    pid: int
    pool: str
    slots: int
    running: int
    queues: Any
    started_at: str
    heartbeat_at: str
    stopped_at: str | None
    offset_ms: float
    uncertainty_ms: float
    zones: str
    versions: dict[str, str]
    waiting: int | None
    cpu: float | None
    memory: float | None
    load: float | None
    gpu: float | None
    gpu_memory: float | None
    refusing: str
    drained_at: str | None
    drain_reason: str
    drained_by: str
    alive: bool


class Limit(TypedDict):
    """Rules of a queue or key."""

    kind: str
    name: str
    concurrency: int | None
    rate: float | None
    burst: int
    paused_at: str | None
    paused_by: str | None
    pause_reason: str


class CreatedJobs(TypedDict, total=False):
    """Answer to a request that creates many."""

    ids: list[int | None]
    wrong: int
    errors: list[Mistake]


class Mistake(TypedDict, total=False):
    """Field of a body that is wrong, and how."""

    field: str
    message: str
    pointer: str
