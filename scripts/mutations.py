"""The lines that carry a guarantee, each with a change that takes it away and the tests that must notice.

Not here, because without them nothing is lost or doubled, only slower: `SKIP LOCKED` in the list query and in acquire.
Who waits for the row instead reads it again under its lock (READ COMMITTED), and finds it marked or running.
"""

from __future__ import annotations

from dataclasses import dataclass

QUERYSETS = "jobs/models/querysets.py"
ATTEMPTS = "jobs/transitions/attempts.py"
CREATION = "jobs/transitions/creation.py"
VERBS = "jobs/transitions/verbs.py"
DISPATCHER = "jobs/dispatcher.py"
SCHEDULER = "jobs/scheduler/__init__.py"
LEADER = "jobs/scheduler/leader.py"
RUNNER = "jobs/worker/runner.py"
RESCUE = "jobs/maintenance/rescue.py"
FIRST_MIGRATION = "jobs/migrations/0001_initial.py"

TRANSITIONS_TESTS = ("tests/test_transitions.py",)
LIST_TESTS = ("tests/models/test_querysets.py",)
RACES = ("tests/concurrency",)
SCHEDULER_TESTS = ("tests/scheduler",)
DISPATCHER_TESTS = ("tests/test_dispatcher.py",)
RUNNER_TESTS = ("tests/worker/test_runner.py",)
RESCUE_TESTS = ("tests/maintenance",)
TABLE_TESTS = ("tests/models/test_constraints.py",)


@dataclass(frozen=True)
class Edit:
    """One text of one file, which must stand there exactly once, and what is put in its place."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """A guarantee taken away."""

    name: str
    guarantee: str
    tests: tuple[str, ...]
    edits: tuple[Edit, ...]


def mutant(name: str, guarantee: str, tests: tuple[str, ...], *edits: tuple[str, str, str]) -> Mutant:
    return Mutant(name, guarantee, tests, tuple(Edit(*edit) for edit in edits))


NEVER_TWICE = "never twice"
NEVER_LOST = "never lost"
NEVER_EARLY = "never early"
TRUE_END = "after the start"
ON_TIME = "on time"

ACQUIRABLE = "id=job_id, version=version, state=State.PENDING, run_at__lt=due_before"
HELD_BY = "return self.filter(id=job_id, state=State.RUNNING, attempt=attempt)"
ROW_LOCK = 'pending.select_for_update(skip_locked=True, of=("self",)).annotate('

MUTANTS = (
    # --- acquire ---
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
    # --- finish, interrupt, rescue ---
    mutant(
        "finish: attempt guard",
        TRUE_END,
        TRANSITIONS_TESTS,
        (QUERYSETS, HELD_BY, "return self.filter(id=job_id, state=State.RUNNING)"),
    ),
    mutant(
        "finish: state guard",
        TRUE_END,
        TRANSITIONS_TESTS,
        (QUERYSETS, HELD_BY, "return self.filter(id=job_id, attempt=attempt)"),
    ),
    mutant(
        "one order of locks in finish and interrupt",
        TRUE_END,
        ("tests/concurrency/test_races.py::test_finish_and_interrupt_take_their_locks_in_one_order",),
        (
            ATTEMPTS,
            "            interrupted += Job.",
            "            Attempt.objects.filter(pk=attempt.pk).update(error=why)\n            interrupted += Job.",
        ),
    ),
    mutant(
        "rescue: patience",
        TRUE_END,
        RESCUE_TESTS,
        (RESCUE, "silent_before = now - patience if", "silent_before = now if"),
    ),
    mutant(
        "rescue: silence counts while we watch",
        TRUE_END,
        RESCUE_TESTS,
        (RESCUE, "if now - watching_since >= patience else None", "if now else None"),
    ),
    mutant(
        "rescue: orphaned attempts",
        TRUE_END,
        RESCUE_TESTS,
        (RESCUE, 'sessions += orphaned.values_list("session", flat=True)', "pass"),
    ),
    # --- list and mark ---
    mutant(
        "list: pending only",
        NEVER_TWICE,
        LIST_TESTS,
        (QUERYSETS, "WHERE state = 0 AND run_at < %(horizon)s", "WHERE run_at < %(horizon)s"),
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
        (QUERYSETS, "OR (run_at < %(overdue)s", "OR (false AND run_at < %(overdue)s"),
    ),
    mutant("list: back-off", ON_TIME, LIST_TESTS, (QUERYSETS, "* interval '1 second')", "* interval '0 second')")),
    mutant(
        "mark and note in one transaction",
        NEVER_LOST,
        ("tests/scheduler/test_scheduler.py::test_a_leader_that_dies_between_mark_and_note_has_marked_nothing",),
        (SCHEDULER, "with transaction.atomic():", "if True:"),
    ),
    mutant(
        "a replaced leader's marks are undone",
        NEVER_LOST,
        SCHEDULER_TESTS,
        (SCHEDULER, "transaction.set_rollback(True)", "pass"),
    ),
    # --- the leader ---
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
        (SCHEDULER, "self._list(window, unpublished_since=progress.unpublished_since)", "self._list(window)"),
    ),
    # --- publish ---
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
        (VERBS, "            dispatcher.late_lane.at_commit(", "            len("),
    ),
    mutant(
        "late lane: after the commit",
        NEVER_LOST,
        DISPATCHER_TESTS,
        (DISPATCHER, "transaction.on_commit(lambda: self._publish(late), robust=True)", "self._publish(late)"),
    ),
    mutant(
        "unmark what could not be published",
        NEVER_LOST,
        DISPATCHER_TESTS,
        (DISPATCHER, "        Job.objects.unmark([", "        len(["),
    ),
    mutant(
        "a message waits until it is sent",
        NEVER_LOST,
        DISPATCHER_TESTS,
        (DISPATCHER, "send(self._waiting[0], producer)", "send(self._waiting.popleft(), producer)"),
        (DISPATCHER, "                self._waiting.popleft()\n", ""),
    ),
    # --- what people do ---
    mutant(
        "an edit is a new version",
        NEVER_EARLY,
        TRANSITIONS_TESTS,
        (VERBS, "            version=NEXT_VERSION,\n", ""),
    ),
    mutant(
        "cancel: pending only",
        NEVER_TWICE,
        TRANSITIONS_TESTS,
        (VERBS, "        Job.objects.pending()\n", "        Job.objects\n"),
    ),
)
