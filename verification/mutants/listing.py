"""Mutants between the row and its message: the list query, the leader, the late jobs."""

from verification.mutants.record import NEVER_LOST, NEVER_TWICE, ON_TIME, mutant

QUERYSETS = "jobs/models/querysets/listing.py"
CREATION = "jobs/transitions/creation/__init__.py"
REQUEUE = "jobs/transitions/requeue.py"
DISPATCHER = "jobs/scheduler/dispatcher.py"
LATE = "jobs/publishing/late.py"
SCHEDULER = "jobs/scheduler/window_scheduler.py"
LEADER, LOCK = "jobs/scheduler/leader.py", "jobs/scheduler/locksession.py"
LEASE = "jobs/scheduler/lease.py"

MUTANTS = (
    mutant(
        "list: pending only",
        NEVER_TWICE,
        ("tests/models/test_listing.py::test_only_pending_jobs_are_listed",),
        (
            QUERYSETS,
            "WHERE state = 0 AND holds = 0 AND coalesce(not_before, run_at) < %(horizon)s",
            "WHERE holds = 0 AND coalesce(not_before, run_at) < %(horizon)s",
        ),
    ),
    mutant(
        "list: by state, not by a watermark",
        NEVER_LOST,
        ("tests/models/test_listing.py::test_it_lists_what_is_due_before_the_horizon_soonest_first_and_marks_it",),
        (QUERYSETS, "WHERE state = 0 AND", "WHERE state = 0 AND run_at >= %(now)s AND"),
    ),
    mutant(
        "list: the overdue again",
        NEVER_LOST,
        ("tests/models/test_listing.py::test_an_overdue_job_is_listed_again_with_back_off",),
        (
            QUERYSETS,
            "OR (coalesce(not_before, run_at) < %(overdue)s",
            "OR (false AND coalesce(not_before, run_at) < %(overdue)s",
        ),
    ),
    mutant(
        "list: back-off",
        ON_TIME,
        ("tests/models/test_listing.py::test_an_overdue_job_is_listed_again_with_back_off",),
        (QUERYSETS, "* interval '1 second')", "* interval '0 second')"),
    ),
    mutant(
        "list: a backlog does not become a flood",
        ON_TIME,
        ("tests/publishing/test_crowds.py::test_a_backlog_that_the_broker_still_has_is_not_published_again",),
        (DISPATCHER, "crowded=crowded,", "crowded=[],"),
    ),
    mutant(
        "mark and note in one transaction",
        NEVER_LOST,
        ("tests/scheduler/test_succession.py::test_a_leader_that_dies_between_mark_and_note_has_marked_nothing",),
        (SCHEDULER, "with transaction.atomic():", "if True:"),
    ),
    mutant(
        "a replaced leader's marks are undone",
        NEVER_LOST,
        ("tests/scheduler/test_succession.py::test_a_leader_that_was_replaced_marks_and_publishes_nothing",),
        (SCHEDULER, "transaction.set_rollback(True)", "pass"),
    ),
    mutant(
        "epoch guard of the leader's note",
        NEVER_LOST,
        ("tests/scheduler/test_leader.py::test_a_leader_of_an_earlier_epoch_records_nothing",),
        (LEADER, "Leadership.objects.filter(epoch=self.epoch).update(", "Leadership.objects.update("),
    ),
    mutant(
        "one beat leads",
        ON_TIME,
        ("tests/scheduler/test_leader.py::test_only_one_of_two_leads_and_the_other_follows_when_it_ends",),
        (LOCK, "pg_try_advisory_lock(%s)", "%s > 0"),
    ),
    mutant(
        "successor: what was marked, not published",
        ON_TIME,
        ("tests/scheduler/test_succession.py::test_a_successor_publishes_what_its_predecessor_had_only_marked",),
        (SCHEDULER, "self._resume = Unlisted(progress.unpublished_since)", "pass"),
    ),
    mutant(
        "successor: all of it, beyond one statement",
        ON_TIME,
        (
            "tests/scheduler/test_succession.py::test_a_successor_lists_all_that_was_only_marked_also_beyond_one_statement",
        ),
        (SCHEDULER, "Unlisted(self._resume.since, found[-1] if found else None)", "Unlisted()"),
    ),
    mutant(
        "the lock lives while a statement is slow",
        ON_TIME,
        ("tests/scheduler/test_slow_statements.py::test_the_lock_lives_while_the_scheduler_waits_for_a_statement",),
        (LEASE, "self._leader.ping(SILENT_FOR)", "pass"),
    ),
    mutant(
        "a turn that never ends loses the lock",
        ON_TIME,
        ("tests/scheduler/test_slow_statements.py::test_a_turn_that_never_ends_loses_it",),
        (LEASE, "if steady() - self._turn_began < LONGEST_TURN:", "if True:"),
    ),
    mutant(
        "a dead session is known before the next publication",
        NEVER_TWICE,
        ("tests/scheduler/test_slow_statements.py::test_a_dead_session_is_known_before_the_next_publication",),
        (LEADER, "steady() < self._sure_until and not self._lost", "steady() < self._sure_until"),
    ),
    mutant(
        "a refused queue goes behind the others",
        ON_TIME,
        (
            "tests/publishing/test_refused_queues.py::test_all_others_go_out_in_one_call_and_the_refused_wait_for_the_next_window",
        ),
        (DISPATCHER, "self._waiting = deque(others + refused)", "pass"),
    ),
    mutant(
        "late: a refused queue is left alone for itself",
        ON_TIME,
        ("tests/publishing/test_refused_queues.py::test_late_jobs_of_other_queues_are_published_while_one_is_refused",),
        (LATE, "if not refuses_only_a_queue(error):", "if True:"),
    ),
    mutant(
        "successor: the oldest mark, not the latest",
        ON_TIME,
        ("tests/scheduler/test_leader.py::test_the_oldest_moment_is_kept_until_everything_is_published",),
        (LEADER, "unpublished_since=since", "unpublished_since=now"),
    ),
    mutant(
        "late job: a new one",
        ON_TIME,
        ("tests/transitions/test_create.py::test_a_job_inside_the_listed_window_is_marked_and_published_at_commit",),
        (CREATION, "    publishing.late_publisher.at_commit(", "    len("),
    ),
    mutant(
        "late job: an edit",
        ON_TIME,
        ("tests/transitions/test_controls.py::test_run_now_publishes_the_new_version_at_once",),
        (REQUEUE, "        publishing.late_publisher.at_commit(", "        len("),
    ),
    mutant(
        "late job: after the commit",
        NEVER_LOST,
        ("tests/publishing/test_late.py::test_a_late_job_is_published_at_commit_and_not_before",),
        (LATE, "transaction.on_commit(lambda: self._publish(late), robust=True)", "self._publish(late)"),
    ),
    mutant(
        "unmark what could not be published",
        NEVER_LOST,
        ("tests/publishing/test_late.py::test_a_job_is_accepted_while_the_broker_is_away",),
        (LATE, "Job.objects.unmark(unsent)", "pass"),
    ),
    mutant(
        "unmark what was refused twice",
        NEVER_LOST,
        (
            "tests/publishing/test_refused_queues.py::test_all_others_go_out_in_one_call_and_the_refused_wait_for_the_next_window",
        ),
        (DISPATCHER, "Job.objects.unmark([listed.id for bundle in refused for listed in bundle])", "pass"),
    ),
    mutant(
        "a message waits until it is sent",
        NEVER_LOST,
        ("tests/publishing/test_dispatcher.py::test_a_message_that_fails_in_the_sending_waits_too",),
        (DISPATCHER, "                self._waiting.extendleft(reversed(batch))\n", ""),
    ),
)
