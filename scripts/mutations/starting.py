"""Between a message and the body, and what people do before."""

from scripts.mutations.record import NEVER_EARLY, NEVER_LOST, NEVER_TWICE, ON_TIME, mutant

QUERYSETS = "jobs/models/querysets.py"
ATTEMPTS = "jobs/transitions/attempts.py"
REPENDING = "jobs/transitions/repending.py"
VERBS = "jobs/transitions/verbs.py"
RUNNER = "jobs/worker/runner.py"
FIRST_MIGRATION = "jobs/migrations/0001_initial.py"
TRANSITIONS_TESTS = ("tests/test_transitions.py",)
LIST_TESTS = ("tests/models/test_querysets.py",)
RACES = ("tests/concurrency",)
RUNNER_TESTS = ("tests/worker/test_runner.py",)
TABLE_TESTS = ("tests/models/test_constraints.py",)
ACQUIRABLE = "id=job_id, version=version, state=State.PENDING, run_at__lt=due_before"
ROW_LOCK = 'pending.select_for_update(skip_locked=True, of=("self",)).annotate('

MUTANTS = (
    mutant(
        "acquire: state predicate",
        NEVER_TWICE,
        TRANSITIONS_TESTS,
        (QUERYSETS, ACQUIRABLE, "id=job_id, version=version, run_at__lt=due_before"),
    ),
    mutant(
        "acquire: version predicate",
        NEVER_EARLY,
        TRANSITIONS_TESTS,
        (QUERYSETS, ACQUIRABLE, "id=job_id, state=State.PENDING, run_at__lt=due_before"),
    ),
    mutant(
        "acquire: due_before predicate",
        NEVER_EARLY,
        TRANSITIONS_TESTS,
        (QUERYSETS, ACQUIRABLE, "id=job_id, version=version, state=State.PENDING"),
    ),
    mutant("acquire: row lock", NEVER_TWICE, RACES, (QUERYSETS, ROW_LOCK, "pending.annotate(")),
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
        (QUERYSETS, ROW_LOCK, "pending.annotate("),
        (FIRST_MIGRATION, "fields=('job', 'number'), name=", "fields=('job', 'number', 'token'), name="),
    ),
    mutant(
        "state predicate and unique ledger key",
        NEVER_TWICE,
        RACES,
        (QUERYSETS, ACQUIRABLE, "id=job_id, version=version, run_at__lt=due_before"),
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
        RUNNER_TESTS,
        (RUNNER, "from django.db import ", "from django.db import transaction\nfrom django.db import "),
        (RUNNER, "def run(job_id: int", "@transaction.atomic\ndef run(job_id: int"),
    ),
    mutant(
        "lost COMMIT: ask the ledger",
        NEVER_LOST,
        RUNNER_TESTS,
        (RUNNER, "return _insist(lambda: transitions.acquired_by(job_id, token))", "return None"),
    ),
    mutant(
        "lost COMMIT: the row has the last word",
        NEVER_LOST,
        RACES,
        (ATTEMPTS, "Job.objects.select_for_update(nowait=True)", "Job.objects"),
    ),
    mutant(
        "the wait before run_at",
        NEVER_EARLY,
        RUNNER_TESTS,
        (RUNNER, "execute_at = wait_until(started.run_at)", "execute_at = clock.now()"),
    ),
    mutant(
        "an edit is a new version",
        NEVER_EARLY,
        TRANSITIONS_TESTS,
        (REPENDING, "        version=NEXT_VERSION,\n", ""),
    ),
    mutant(
        "cancel: pending only",
        NEVER_TWICE,
        TRANSITIONS_TESTS,
        (VERBS, "_Asked(Verb.CANCEL, [State.PENDING],", "_Asked(Verb.CANCEL, list(State),"),
    ),
)
