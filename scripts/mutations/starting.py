"""Between a message and the body, and what people do before."""

from scripts.mutations.record import NEVER_EARLY, NEVER_LOST, NEVER_TWICE, ON_TIME, mutant

QUERYSETS = "jobs/models/querysets/__init__.py"
ACQUIRING = "jobs/transitions/acquiring.py"
REPENDING = "jobs/transitions/repending.py"
VERBS = "jobs/transitions/verbs.py"
RUNNER = "jobs/worker/runner.py"
FIRST_MIGRATION = "jobs/migrations/0001_initial.py"
LIST_TESTS = ("tests/models/test_querysets.py",)
TRANSITIONS_TESTS = ("tests/transitions",)
RACES = ("tests/concurrency/test_races.py::test_of_many_acquisitions_one_wins",)
LOST_COMMITS = ("tests/worker/runner/test_database_fails.py",)
ON_TIME_TESTS = ("tests/worker/runner/test_on_time.py",)
TABLE_TESTS = ("tests/models/test_constraints.py",)
TAKING = "jobs/worker/arming/taking.py"
CLAIMS = "jobs/worker/arming/claims.py"
ARMING_TESTS = ("tests/worker/arming",)
ACQUIRABLE = "id__in=list(job_ids), state=State.PENDING, holds=0, run_at__lt=due_before"
ROW_LOCK = '= pending.select_for_update(skip_locked=True, of=("self",), no_key=True)'

MUTANTS = (
    mutant(
        "acquire: state predicate",
        NEVER_TWICE,
        TRANSITIONS_TESTS,
        (QUERYSETS, ACQUIRABLE, "id__in=list(job_ids), holds=0, run_at__lt=due_before"),
    ),
    mutant(
        "acquire: version predicate",
        NEVER_EARLY,
        TRANSITIONS_TESTS,
        (ACQUIRING, "row is not None and row.version == one.version", "row is not None"),
    ),
    mutant(
        "acquire: the queue of the message",
        ON_TIME,
        ("tests/transitions/test_acquire.py",),
        (ACQUIRING, "if one.queue in (None, row.queue):", "if True:"),
    ),
    mutant(
        "acquire: what one worker does not know others are asked",
        NEVER_LOST,
        ("tests/transitions/test_acquire.py",),
        ("jobs/transitions/admission.py", "if late > c.max_delay_time:", "if True:"),
    ),
    mutant(
        "acquire: due_before predicate",
        NEVER_EARLY,
        TRANSITIONS_TESTS,
        (QUERYSETS, ACQUIRABLE, "id__in=list(job_ids), state=State.PENDING, holds=0"),
    ),
    mutant("acquire: row lock", NEVER_TWICE, RACES, (QUERYSETS, ROW_LOCK, "= pending")),
    mutant(
        "ledger: unique (job, number)",
        NEVER_TWICE,
        TABLE_TESTS,
        (FIRST_MIGRATION, "fields=('job', 'number'), name=", "fields=('job', 'number', 'token'), name="),
    ),
    mutant(
        "row lock and unique ledger key",
        NEVER_TWICE,
        RACES,
        (QUERYSETS, ROW_LOCK, "= pending"),
        (FIRST_MIGRATION, "fields=('job', 'number'), name=", "fields=('job', 'number', 'token'), name="),
    ),
    mutant(
        "state predicate and unique ledger key",
        NEVER_TWICE,
        RACES,
        (QUERYSETS, ACQUIRABLE, "id__in=list(job_ids), holds=0, run_at__lt=due_before"),
        (FIRST_MIGRATION, "fields=('job', 'number'), name=", "fields=('job', 'number', 'token'), name="),
    ),
    mutant(
        "a transaction that stands still is ended",
        ON_TIME,
        LIST_TESTS,
        (QUERYSETS, "self.alias(standstill=STANDSTILL).filter(standstill__isnull=False)", "self.all()"),
    ),
    mutant(
        "commit before run",
        NEVER_TWICE,
        ARMING_TESTS,
        (TAKING, "from django.db import ", "from django.db import transaction\nfrom django.db import "),
        (TAKING, "    def take(", "    @transaction.atomic\n    def take("),
    ),
    mutant(
        "acknowledged when taken, not before",
        NEVER_LOST,
        ARMING_TESTS,
        (
            TAKING,
            "        begun, kept = steady(), 0\n",
            "        begun, kept = steady(), 0\n        [waiting.settle() for waiting in batch]\n",
        ),
    ),
    mutant(
        "lost COMMIT: ask the ledger",
        NEVER_LOST,
        LOST_COMMITS,
        (CLAIMS, "        if lost is not None:\n            return Acquired([lost])\n", ""),
    ),
    mutant(
        "lost COMMIT: the row has the last word",
        NEVER_LOST,
        LOST_COMMITS,
        (ACQUIRING, "        Job.objects.unlocked(job_id).first()\n", ""),
    ),
    mutant(
        "the wait before run_at",
        NEVER_EARLY,
        ON_TIME_TESTS,
        (RUNNER, "entered = wait_until(due, SPIN if armed.among <= CROWD else 0.0)", "entered = clock.timestamp()"),
    ),
    mutant(
        "a worker that overslept asks whether it still counts",
        NEVER_TWICE,
        ON_TIME_TESTS,
        (RUNNER, "if steady() > awake_by:", "if not due:"),
    ),
    mutant(
        "an edit is a new version",
        NEVER_EARLY,
        TRANSITIONS_TESTS,
        (REPENDING, "        run_at=run_at,\n        version=NEXT_VERSION,\n", "        run_at=run_at,\n"),
    ),
    mutant(
        "cancel: only what has not ended",
        NEVER_TWICE,
        TRANSITIONS_TESTS,
        (VERBS, "_Asked(Verb.CANCEL, [State.PENDING, State.RUNNING],", "_Asked(Verb.CANCEL, list(State),"),
    ),
    mutant(
        "arming: a worker that was declared gone takes nothing",
        NEVER_TWICE,
        ("tests/worker/life/test_heartbeat.py",),
        ("jobs/worker/life/heartbeat.py", "if renew(self._session):", "if renew(self._session) is not None:"),
    ),
)
