"""What holds a job back: the others of its key, the rules of its queue, somebody's approval."""

from scripts.mutations.record import NEVER_LOST, NEVER_TWICE, ON_TIME, mutant

LIMITS = "jobs/transitions/limits/"
TURNS = "jobs/models/querysets/turns.py"
ADMISSION = "jobs/transitions/admission.py"
QUERYSETS = "jobs/models/querysets/__init__.py"
LISTING = "jobs/models/querysets/listing.py"
FINISHING = "jobs/transitions/finishing.py"
FIRING = "jobs/transitions/firing.py"
RUNNER = "jobs/worker/runner.py"
VERBS = "jobs/transitions/verbs.py"
ONE_AT_A_TIME = "one at a time"
RACES = ("tests/concurrency/test_limits.py",)
KEYS = ("tests/transitions/test_single_flight.py",)
QUEUES = ("tests/transitions/test_queue_limits.py",)
INSTANT = ("tests/transitions/test_limits_at_the_instant.py",)
BACK = ("tests/transitions/test_limits_give_back.py",)
LOCKED = ("tests/concurrency/test_limits_locked.py",)

MUTANTS = (
    mutant(
        "limits: one transaction at a time",
        ONE_AT_A_TIME,
        RACES,
        (LIMITS + "names.py", "WHERE pg_try_advisory_xact_lock(%s, hashtext(kind || ':' || name))", "WHERE %s > 0"),
    ),
    mutant(
        "limits: who runs counts",
        ONE_AT_A_TIME,
        KEYS,
        (LIMITS + "judge.py", "if len(others) < most:", "if True:"),
    ),
    mutant(
        "limits: a turn is kept",
        ONE_AT_A_TIME,
        KEYS,
        (LIMITS + "judge.py", "(*self.occupied.running, *self.occupied.given)", "(*self.occupied.running,)"),
    ),
    mutant(
        "limits: nobody overtakes the line",
        ONE_AT_A_TIME,
        LOCKED,
        (
            LIMITS + "judge.py",
            "return head is not None and (head.run_at, head.id)",
            "return False and (head.run_at, head.id)",
        ),
    ),
    mutant(
        "limits: the end gives the place away",
        NEVER_LOST,
        KEYS,
        (FINISHING, "promotion.at_commit(freed, now=", "promotion.at_commit(set(), now="),
    ),
    mutant(
        "limits: the end leaves its place",
        NEVER_LOST,
        KEYS,
        (FINISHING, "AND EXISTS (SELECT FROM held WHERE held.id = jobs_turn.job_id)", "AND false"),
    ),
    mutant(
        "limits: a turn that is not taken goes on",
        NEVER_LOST,
        KEYS,
        (VERBS, "promotion.leave([job.pk], now=asked.now, also=waited)", "pass"),
    ),
    mutant(
        "limits: a turn that cannot be taken goes on",
        NEVER_LOST,
        KEYS,
        (
            LIMITS + "starting.py",
            "gone = [row for row in rows if row.id in refused]",
            "gone = [row for row in rows[:0]]",
        ),
    ),
    mutant(
        "limits: a turn that nobody takes expires",
        NEVER_LOST,
        BACK,
        (TURNS, "WHERE expires_at <= %(now)s", "WHERE false AND expires_at <= %(now)s"),
    ),
    mutant(
        "limits: judged at the instant",
        ON_TIME,
        INSTANT,
        (LIMITS + "starting.py", "elif row.due > now:", "elif False:"),
    ),
    mutant(
        "limits: all or nothing",
        NEVER_LOST,
        INSTANT,
        (
            LIMITS + "starting.py",
            "for row in starting for name in row.limits]",
            "for row in rows for name in row.limits]",
        ),
    ),
    mutant(
        "limits: another start stops nobody",
        ONE_AT_A_TIME,
        INSTANT,
        (LIMITS + "judge.py", "policy = Overlap.QUEUE if row.attempt and", "policy = Overlap.QUEUE if False and"),
    ),
    mutant(
        "limits: run now keeps the place",
        ON_TIME,
        BACK,
        (VERBS, "if waits and not too_late and job.run_at <= now:", "if False:"),
    ),
    mutant(
        "limits: the leader passes nobody by",
        NEVER_LOST,
        BACK,
        (
            "jobs/maintenance/turns.py",
            "names[-1] if len(names) == AT_A_TIME else",
            "'' if len(names) == AT_A_TIME else",
        ),
    ),
    mutant(
        "limits: a passed row is looked at again",
        NEVER_LOST,
        LOCKED,
        (LIMITS + "filling.py", "locked=turn.passed_by or not rows", "locked=turn.passed_by"),
    ),
    mutant(
        "pause: what is being started is waited for",
        ON_TIME,
        LOCKED,
        (LIMITS + "pausing.py", "        _let_finish(name)\n", ""),
    ),
    mutant(
        "pause: who was slow asks again",
        ON_TIME,
        ("tests/worker/runner/test_paused.py",),
        (RUNNER, "    while steady() > asked + ANSWERED_AFTER:", "    while False:"),
    ),
    mutant(
        "pause: who was taken long ahead asks again",
        ON_TIME,
        ("tests/worker/runner/test_paused.py",),
        (RUNNER, "    if left and steady() + left > asked + ANSWERED_AFTER:", "    if False:"),
    ),
    mutant(
        "pause: a start that is over stays over",
        NEVER_TWICE,
        ("tests/worker/runner/test_paused.py",),
        (LIMITS + "overtaken.py", "return paused is None", "return False"),
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
        (LISTING, "WHERE state = 0 AND holds = 0 AND coalesce(", "WHERE state = 0 AND coalesce("),
    ),
    mutant(
        "queue: a pause holds",
        ONE_AT_A_TIME,
        QUEUES,
        (LIMITS + "judge.py", "view.rule.paused_at is not None:", "False:"),
    ),
    mutant(
        "queue: so many at a time", ONE_AT_A_TIME, QUEUES, (LIMITS + "judge.py", "if len(others) >= cap:", "if False:")
    ),
    mutant(
        "rate: a moment is handed out once",
        ONE_AT_A_TIME,
        ("tests/transitions/test_rates.py",),
        (LIMITS + "rates.py", "found = max(found, taken + one)", "found = max(found, taken)"),
    ),
    mutant(
        "rate: a start uses it up",
        ONE_AT_A_TIME,
        ("tests/transitions/test_rates.py",),
        (LIMITS + "standing.py", "if view.started and view.rule is not None:", "if False:"),
    ),
    mutant(
        "trigger: let in one after the other",
        ONE_AT_A_TIME,
        RACES,
        (FIRING, "            _one_after_the_other(trigger.shared_key)\n", ""),
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
