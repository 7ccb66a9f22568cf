"""Mutants between a message and the body, and of what people do before."""

from verification.mutants.record import NEVER_EARLY, NEVER_LOST, NEVER_TWICE, ON_TIME, mutant

QUERYSETS = "jobs/models/querysets/__init__.py"
ACQUIRING = "jobs/transitions/acquiring.py"
REQUEUE = "jobs/transitions/requeue.py"
RUNNER = "jobs/worker/run/runner.py"
FIRST_MIGRATION = "jobs/migrations/0001_initial.py"
REFERENCE_MIGRATION = "jobs/migrations/0049_ledger_without_reference.py"
TAKING = "jobs/worker/arm/taking.py"
CLAIMS = "jobs/worker/arm/acquisition.py"
ACQUIRABLE = "these, is_state=State.PENDING, holds=0, run_at__lt=due_before"
ROW_LOCK = '= pending.select_for_update(skip_locked=True, of=("self",), no_key=True)'

MUTANTS = (
    mutant(
        "acquire: state predicate",
        NEVER_TWICE,
        ("tests/transitions/test_acquire.py::test_a_second_message_acquires_nothing",),
        (QUERYSETS, ACQUIRABLE, "these, holds=0, run_at__lt=due_before"),
    ),
    mutant(
        "acquire: version predicate",
        NEVER_EARLY,
        ("tests/transitions/test_acquire.py::test_a_stale_message_acquires_nothing_however_near_the_new_time_is",),
        (ACQUIRING, "row is not None and row.version == one.version", "row is not None"),
    ),
    mutant(
        "acquire: the queue of the message",
        ON_TIME,
        (
            "tests/transitions/test_acquire.py::test_a_message_in_another_queue_than_its_row_starts_nothing_and_the_row_goes_to_its_own",
        ),
        (ACQUIRING, "if one.queue in (None, row.queue):", "if True:"),
    ),
    mutant(
        "acquire: what one worker does not know others are asked",
        NEVER_LOST,
        (
            "tests/transitions/test_acquire.py::test_a_row_that_no_worker_can_start_fails_with_the_reason_and_without_a_start",
        ),
        ("jobs/transitions/admission.py", "if late > c.max_delay_time:", "if True:"),
    ),
    mutant(
        "acquire: due_before predicate",
        NEVER_EARLY,
        ("tests/transitions/test_acquire.py::test_a_row_moved_by_sql_is_not_held_until_then",),
        (QUERYSETS, ACQUIRABLE, "these, is_state=State.PENDING, holds=0"),
    ),
    mutant(
        "acquire: no other pending job is read",
        ON_TIME,
        ("tests/transitions/test_acquire_plan.py::test_it_reads_no_other_job_that_is_pending",),
        (QUERYSETS, 'self.alias(is_state=F("state") + 0)', 'self.alias(is_state=F("state"))'),
    ),
    mutant(
        "acquire: row lock",
        NEVER_TWICE,
        ("tests/concurrency/test_races.py::test_of_many_acquisitions_one_wins",),
        (QUERYSETS, ROW_LOCK, "= pending"),
    ),
    mutant(
        "ledger: no start without its job",
        NEVER_TWICE,
        ("tests/models/test_constraints.py::test_the_ledger_takes_no_start_without_its_job",),
        (REFERENCE_MIGRATION, "AFTER INSERT ON jobs_attempt REFERENCING", "AFTER INSERT ON jobs_turn REFERENCING"),
    ),
    mutant(
        "ledger: no job goes before its starts",
        NEVER_TWICE,
        (
            "tests/models/test_constraints.py::test_no_job_goes_before_its_starts",
            "tests/concurrency/test_deletion.py::test_a_start_cannot_be_deleted_by_sql_behind_its_ledger",
        ),
        (REFERENCE_MIGRATION, "start.job_id = gone.id", "start.job_id = start.id"),
    ),
    mutant(
        "ledger: whose start it was is asked of the job's own",
        NEVER_TWICE,
        ("tests/transitions/test_acquire.py::test_the_ledger_knows_whose_start_it_was",),
        ("jobs/models/querysets/attempts.py", ".filter(job_id=job_id, token=token)", ".filter(job_id=job_id)"),
    ),
    mutant(
        "ledger: unique (job, number)",
        NEVER_TWICE,
        ("tests/models/test_constraints.py::test_the_ledger_takes_a_number_once",),
        (FIRST_MIGRATION, "fields=('job', 'number'), name=", "fields=('job', 'number', 'token'), name="),
    ),
    mutant(
        "row lock and unique ledger key",
        NEVER_TWICE,
        ("tests/concurrency/test_races.py::test_of_many_acquisitions_one_wins",),
        (QUERYSETS, ROW_LOCK, "= pending"),
        (FIRST_MIGRATION, "fields=('job', 'number'), name=", "fields=('job', 'number', 'token'), name="),
    ),
    mutant(
        "state predicate and unique ledger key",
        NEVER_TWICE,
        ("tests/concurrency/test_races.py::test_of_many_acquisitions_one_wins",),
        (QUERYSETS, ACQUIRABLE, "these, holds=0, run_at__lt=due_before"),
        (FIRST_MIGRATION, "fields=('job', 'number'), name=", "fields=('job', 'number', 'token'), name="),
    ),
    mutant(
        "a transaction that stands still is ended",
        ON_TIME,
        ("tests/models/test_querysets.py::test_a_worker_s_transaction_may_not_stand_still_and_the_next_may",),
        (QUERYSETS, "self.alias(standstill=STANDSTILL).filter(standstill__isnull=False)", "self.all()"),
    ),
    mutant(
        "commit before run",
        NEVER_TWICE,
        (
            "tests/worker/arm/test_arming.py::test_a_start_is_committed_and_only_then_given_to_its_slot_and_acknowledged",
        ),
        (TAKING, "from jobs.database import connection\n", "from jobs.database import connection, transaction\n"),
        (TAKING, "    def take(", "    @transaction.atomic\n    def take("),
    ),
    mutant(
        "acknowledged when taken, not before",
        NEVER_LOST,
        (
            "tests/worker/arm/test_arming.py::test_a_start_is_committed_and_only_then_given_to_its_slot_and_acknowledged",
        ),
        (
            TAKING,
            "        begun, kept = steady(), 0\n",
            "        begun, kept = steady(), 0\n        [waiting.acknowledge() for waiting in batch]\n",
        ),
    ),
    mutant(
        "lost COMMIT: ask the ledger",
        NEVER_LOST,
        ("tests/worker/runner/test_database_fails.py::test_a_lost_commit_that_took_effect_is_found_by_its_token",),
        (CLAIMS, "        if lost is not None:\n            return Acquired([lost])\n", ""),
    ),
    mutant(
        "lost COMMIT: the row has the last word",
        NEVER_LOST,
        (
            "tests/worker/runner/test_database_fails.py::test_whether_a_commit_was_lost_is_not_asked_while_it_may_still_come",
        ),
        (ACQUIRING, "        Job.objects.unlocked(job_id).first()\n", ""),
    ),
    mutant(
        "the wait before run_at",
        NEVER_EARLY,
        ("tests/worker/runner/test_on_time.py::test_it_waits_for_the_instant_runs_and_records",),
        (RUNNER, "entered = wait_until(due, SPIN if armed.among <= CROWD else 0.0)", "entered = clock.timestamp()"),
    ),
    mutant(
        "a worker that overslept asks whether it still counts",
        NEVER_TWICE,
        (
            "tests/worker/runner/test_on_time.py::test_a_worker_that_slept_and_was_declared_gone_does_not_enter_the_body",
        ),
        (RUNNER, "if overslept > NEVER_GONE and overslept > conf().heartbeat_patience / 2:", "if not due:"),
    ),
    mutant(
        "slots that overslept ask one at a time",
        ON_TIME,
        (
            "tests/worker/runner/test_together.py::test_those_that_come_while_one_asks_are_answered_together_and_asked_after_they_came",
        ),
        ("jobs/worker/run/together.py", "        if not is_first:", "        if False:"),
    ),
    mutant(
        "slots that overslept keep no connection",
        ON_TIME,
        (
            "tests/worker/runner/test_together.py::test_slots_that_have_overslept_open_no_connection_of_their_own_for_good",
        ),
        ("jobs/worker/run/together.py", "connection if had_one else sessions.hand_over()", "connection"),
    ),
    mutant(
        "an edit is a new version",
        NEVER_EARLY,
        ("tests/transitions/test_acquire.py::test_a_stale_message_acquires_nothing_however_near_the_new_time_is",),
        (REQUEUE, "        run_at=run_at,\n        version=NEXT_VERSION,\n", "        run_at=run_at,\n"),
    ),
    mutant(
        "cancel: only what has not ended",
        NEVER_TWICE,
        ("tests/transitions/test_controls.py::test_which_verb_is_allowed_in_which_state",),
        (
            "jobs/rules/controls.py",
            "Verb.CANCEL: Control(frozenset({State.PENDING, State.RUNNING}),",
            "Verb.CANCEL: Control(frozenset(State),",
        ),
    ),
    mutant(
        "arming: a worker that was declared gone takes nothing",
        NEVER_TWICE,
        (
            "tests/worker/process/test_heartbeat.py::test_whoever_has_slept_asks_whether_he_counts_as_present_before_he_takes_jobs",
        ),
        ("jobs/worker/process/heartbeat.py", "if renew(self._session):", "if renew(self._session) is not None:"),
    ),
)
