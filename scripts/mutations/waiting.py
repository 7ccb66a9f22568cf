"""Jobs that wait for others: no end is overlooked, and no start."""

from scripts.mutations.record import NEVER_LOST, ON_TIME, mutant

ENDING = "jobs/transitions/dependencies/ending.py"
BEGINNING = "jobs/transitions/dependencies/beginning.py"
FINISHING = "jobs/transitions/finishing.py"
ACQUIRING = "jobs/transitions/acquiring.py"
QUERIES = "jobs/models/querysets/dependencies.py"
RULES = ("tests/transitions/test_waiting.py",)
RACES = ("tests/concurrency/test_waiting.py",)
MANY = ("tests/concurrency/test_waiting_for_many.py",)

MUTANTS = (
    mutant(
        "waiting: the end looks for those that wait",
        NEVER_LOST,
        RULES,
        (FINISHING, "if awaited:", "if not awaited:"),
    ),
    mutant(
        "waiting: a refusal looks for them too",
        NEVER_LOST,
        RULES,
        (
            ACQUIRING,
            "    if ended:\n        dependencies.ended(ended, now=now)",
            "    if ended:\n        pass",
        ),
    ),
    mutant(
        "waiting: so does the refusal of the ledger",
        NEVER_LOST,
        RULES,
        (ACQUIRING, "dependencies.ended([wanted[0].job_id][:failed], now=now)", "pass"),
    ),
    mutant(
        "waiting: so does a person's word",
        NEVER_LOST,
        RULES,
        ("jobs/transitions/verbs.py", "            dependencies.ended([job.pk], now=asked.now)", "            pass"),
    ),
    mutant(
        "waiting: one that has ended may come back",
        NEVER_LOST,
        RULES,
        (QUERIES, "AND state <> %(completed)s", "AND state IN (0, 1, 5) AND state <> %(completed)s"),
    ),
    mutant(
        "waiting: what was locked is looked at again after the commit",
        NEVER_LOST,
        RACES,
        (ENDING, "        transaction.on_commit(lambda: _look_again(held), robust=True)", "        pass"),
    ),
    mutant(
        "waiting: that look waits for the row",
        NEVER_LOST,
        RACES,
        (ENDING, "now=clock.current(), wait=True)", "now=clock.current())"),
    ),
    mutant(
        "waiting: no end waits for a row",
        ON_TIME,
        RACES,
        (QUERIES, "skip_locked=not wait", "skip_locked=False"),
    ),
    mutant(
        "waiting: a beginning has the rows of those that it waits for",
        NEVER_LOST,
        RACES,
        (QUERIES, "ORDER BY id FOR NO KEY UPDATE\n), marked", "ORDER BY id\n), marked"),
    ),
    mutant(
        "waiting: what has ended before the lock is asked for again under it",
        NEVER_LOST,
        MANY,
        (BEGINNING, "    _settle(waits, others - may_end - over, now)", "    pass"),
    ),
    mutant(
        "waiting: their rows are locked after all is written",
        ON_TIME,
        MANY,
        (
            BEGINNING,
            "    Dependency.objects.bulk_create(",
            "    _over_and_locked = Job.objects.to_be_waited_for(set().union(*waits.values()))\n"
            "    Dependency.objects.bulk_create(",
        ),
    ),
    mutant(
        "waiting: the pairs are looked up before the rows are locked",
        ON_TIME,
        MANY,
        (BEGINNING, "    connection.check_constraints()", "    pass"),
    ),
    mutant(
        "waiting: the list query takes what is only kept",
        ON_TIME,
        MANY,
        ("jobs/models/querysets/listing.py", "    FOR NO KEY UPDATE SKIP LOCKED", "    FOR UPDATE SKIP LOCKED"),
    ),
    mutant(
        "waiting: a message that meets a beginning is sent again",
        ON_TIME,
        RACES,
        (BEGINNING, "    dispatcher.late_lane.missed_at_commit(published)", "    pass"),
    ),
    mutant(
        "waiting: a list query that meets a beginning is made up for",
        ON_TIME,
        RACES,
        (BEGINNING, "    dispatcher.late_lane.overtaken_at_commit(", "    list("),
    ),
    mutant(
        "waiting: the leader finds those that wait in vain",
        NEVER_LOST,
        RULES,
        (QUERIES, "Q(~still_open) | Q(wants_success, broken)", "Q(~still_open)"),
    ),
)
