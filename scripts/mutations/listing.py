"""Between the row and its message: the list query, the leader, the late lane."""

from scripts.mutations.record import NEVER_LOST, NEVER_TWICE, ON_TIME, mutant

QUERYSETS = "jobs/models/querysets/listing.py"
CREATION = "jobs/transitions/creation.py"
REPENDING = "jobs/transitions/repending.py"
DISPATCHER = "jobs/dispatcher/window.py"
LATE = "jobs/dispatcher/late.py"
SCHEDULER = "jobs/scheduler/__init__.py"
LEADER = "jobs/scheduler/leader.py"
LEASE = "jobs/scheduler/lease.py"
TRANSITIONS_TESTS = ("tests/transitions",)
LIST_TESTS = ("tests/models/test_querysets.py",)
SCHEDULER_TESTS = ("tests/scheduler",)
DISPATCHER_TESTS = ("tests/dispatcher",)

MUTANTS = (
    mutant(
        "list: pending only",
        NEVER_TWICE,
        LIST_TESTS,
        (
            QUERYSETS,
            "WHERE state = 0 AND holds = 0 AND coalesce(not_before, run_at) < %(horizon)s",
            "WHERE holds = 0 AND coalesce(not_before, run_at) < %(horizon)s",
        ),
    ),
    mutant(
        "list: by state, not by a watermark",
        NEVER_LOST,
        LIST_TESTS,
        (QUERYSETS, "WHERE state = 0 AND", "WHERE state = 0 AND run_at >= %(now)s AND"),
    ),
    mutant(
        "list: the overdue again",
        NEVER_LOST,
        LIST_TESTS,
        (
            QUERYSETS,
            "OR (coalesce(not_before, run_at) < %(overdue)s",
            "OR (false AND coalesce(not_before, run_at) < %(overdue)s",
        ),
    ),
    mutant("list: back-off", ON_TIME, LIST_TESTS, (QUERYSETS, "* interval '1 second')", "* interval '0 second')")),
    mutant(
        "list: a backlog does not become a flood",
        ON_TIME,
        DISPATCHER_TESTS,
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
        SCHEDULER_TESTS,
        (SCHEDULER, "transaction.set_rollback(True)", "pass"),
    ),
    mutant(
        "epoch guard of the leader's note",
        NEVER_LOST,
        SCHEDULER_TESTS,
        (LEADER, "Leadership.objects.filter(epoch=self.epoch).update(", "Leadership.objects.update("),
    ),
    mutant(
        "one beat leads",
        ON_TIME,
        SCHEDULER_TESTS,
        (LEADER, '"SELECT pg_try_advisory_lock(%s)"', '"SELECT %s > 0"'),
    ),
    mutant(
        "successor: what was marked, not published",
        ON_TIME,
        SCHEDULER_TESTS,
        (SCHEDULER, "self._resume = Unlisted(progress.unpublished_since)", "pass"),
    ),
    mutant(
        "successor: all of it, beyond one statement",
        ON_TIME,
        SCHEDULER_TESTS,
        (SCHEDULER, "Unlisted(self._resume.since, found[-1] if found else None)", "Unlisted()"),
    ),
    mutant(
        "the lock lives while a statement is slow",
        ON_TIME,
        SCHEDULER_TESTS,
        (LEASE, "self._leader.ping(SILENT_FOR)", "pass"),
    ),
    mutant(
        "a turn that never ends loses the lock",
        ON_TIME,
        SCHEDULER_TESTS,
        (LEASE, "if steady() - self._turn_began < LONGEST_TURN:", "if True:"),
    ),
    mutant(
        "a dead session is known before the next publication",
        NEVER_TWICE,
        SCHEDULER_TESTS,
        (LEADER, "steady() < self._sure_until and not self._lost", "steady() < self._sure_until"),
    ),
    mutant(
        "a refused queue goes behind the others",
        ON_TIME,
        DISPATCHER_TESTS,
        (DISPATCHER, "self._waiting = deque(others + refused)", "pass"),
    ),
    mutant(
        "late: a refused queue is left alone for itself",
        ON_TIME,
        DISPATCHER_TESTS,
        (LATE, "if refuses_only_a_queue(error):\n            now", "if False:\n            now"),
    ),
    mutant(
        "successor: the oldest mark, not the latest",
        ON_TIME,
        SCHEDULER_TESTS,
        (LEADER, "unpublished_since=since", "unpublished_since=now"),
    ),
    mutant(
        "late lane of a new job",
        ON_TIME,
        TRANSITIONS_TESTS,
        (CREATION, "    dispatcher.late_lane.at_commit(", "    len("),
    ),
    mutant(
        "late lane of an edit",
        ON_TIME,
        TRANSITIONS_TESTS,
        (REPENDING, "        dispatcher.late_lane.at_commit(", "        len("),
    ),
    mutant(
        "late lane: after the commit",
        NEVER_LOST,
        DISPATCHER_TESTS,
        (LATE, "transaction.on_commit(lambda: self._publish(late), robust=True)", "self._publish(late)"),
    ),
    mutant(
        "unmark what could not be published",
        NEVER_LOST,
        DISPATCHER_TESTS,
        (LATE, "Job.objects.unmark(unsent)", "pass"),
    ),
    mutant(
        "unmark what was refused twice",
        NEVER_LOST,
        DISPATCHER_TESTS,
        (DISPATCHER, "Job.objects.unmark([listed.id for listed in refused])", "pass"),
    ),
    mutant(
        "a message waits until it is sent",
        NEVER_LOST,
        DISPATCHER_TESTS,
        (DISPATCHER, "                self._waiting.extendleft(reversed(batch))\n", ""),
    ),
)
