"""What holds a job back: the others of its key, the rules of its queue, somebody's approval."""

from scripts.mutations.record import NEVER_LOST, ON_TIME, mutant

LANES = "jobs/transitions/lanes.py"
LANE_QUERIES = "jobs/models/querysets/lanes.py"
ADMISSION = "jobs/transitions/admission.py"
QUERYSETS = "jobs/models/querysets/__init__.py"
ATTEMPTS = "jobs/transitions/attempts.py"
FIRING = "jobs/transitions/firing.py"
VERBS = "jobs/transitions/verbs.py"
ONE_AT_A_TIME = "one at a time"
RACES = ("tests/concurrency/test_lanes.py",)
KEYS = ("tests/transitions/test_single_flight.py",)
QUEUES = ("tests/transitions/test_queue_limits.py",)

MUTANTS = (
    mutant(
        "lanes: one transaction at a time",
        ONE_AT_A_TIME,
        RACES,
        (LANES, "SELECT pg_advisory_xact_lock(%s, lock) FROM (", "SELECT %s::int, lock FROM ("),
    ),
    mutant("lanes: who runs counts", ONE_AT_A_TIME, KEYS, (ADMISSION, "or len(others) < limit:", "or True:")),
    mutant("lanes: a turn is kept", ONE_AT_A_TIME, KEYS, (LANE_QUERIES, "turn_at__isnull=False", "pk=None")),
    mutant(
        "lanes: the end gives the place away",
        NEVER_LOST,
        KEYS,
        (ATTEMPTS, "lanes.release(shared, now=", "lanes.release(set(), now="),
    ),
    mutant(
        "lanes: a turn that is not taken goes on",
        NEVER_LOST,
        KEYS,
        (VERBS, "lanes.release(lanes.of(queue=job.queue, key=job.key), now=asked.now)", "pass"),
    ),
    mutant(
        "lanes: a turn that cannot be taken goes on",
        NEVER_LOST,
        KEYS,
        (ADMISSION, "for row in gone for name in row.lanes}", "for row in gone[:0] for name in row.lanes}"),
    ),
    mutant(
        "held: not acquired",
        ONE_AT_A_TIME,
        KEYS,
        (
            QUERYSETS,
            "state=State.PENDING, holds=0, run_at__lt=due_before",
            "state=State.PENDING, run_at__lt=due_before",
        ),
    ),
    mutant(
        "held: not listed",
        ONE_AT_A_TIME,
        KEYS,
        (QUERYSETS, "WHERE state = 0 AND holds = 0 AND coalesce(", "WHERE state = 0 AND coalesce("),
    ),
    mutant("queue: a pause holds", ONE_AT_A_TIME, QUEUES, (ADMISSION, "rule.paused_at is not None:", "False:")),
    mutant("queue: so many at a time", ONE_AT_A_TIME, QUEUES, (ADMISSION, "len(others) < rule.concurrency:", "True:")),
    mutant(
        "rate: a moment is handed out once",
        ONE_AT_A_TIME,
        QUEUES,
        (ADMISSION, "rule.next_start_at = max(steady, moment) + step", "rule.next_start_at = None"),
    ),
    mutant(
        "trigger: let in one after the other",
        ONE_AT_A_TIME,
        RACES,
        (FIRING, "            lanes.lock([lanes.Name(Kind.KEY, trigger.shared_key)])\n", ""),
    ),
    mutant(
        "approval: by somebody",
        ONE_AT_A_TIME,
        ("tests/transitions/test_approval.py",),
        (ADMISSION, "if row.approved_at is None and", "if False and"),
    ),
    mutant(
        "approval: by somebody else",
        ONE_AT_A_TIME,
        ("tests/transitions/test_approval.py",),
        (VERBS, "by is not None and job.created_by_id == by.pk", "False"),
    ),
    mutant(
        "start_within",
        ON_TIME,
        ("tests/transitions/test_late.py",),
        (ADMISSION, "late > row.start_within", "False"),
    ),
)
