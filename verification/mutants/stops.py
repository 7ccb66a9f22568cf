"""Mutants of what keeps jobs from starting while everything is stopped, and of approvals that are void."""

from verification.mutants.record import NEVER_LOST, ON_TIME, mutant

TESTS = "tests/transitions/test_stops.py::"
LETTING_GO = "tests/transitions/test_stops_letting_go.py::"
QUERYSETS = "jobs/models/querysets/"
STOPS = "jobs/transitions/stops.py"
STOPPED = "stopped"

MUTANTS = (
    mutant(
        "stops: workers take nothing",
        STOPPED,
        (TESTS + "test_nothing_starts_while_everything_is_stopped_and_what_runs_goes_on",),
        (
            QUERYSETS + "__init__.py",
            "pending = pending.filter(is_the_one).exclude(STOPPED)",
            "pending = pending.filter(is_the_one)",
        ),
    ),
    mutant(
        "stops: nothing is listed",
        STOPPED,
        (TESTS + "test_a_job_is_kept_by_the_moment_at_which_it_would_start",),
        (QUERYSETS + "listing.py", 'AND NOT {stopped("coalesce(not_before, run_at)", "%(now)s")}', ""),
    ),
    mutant(
        "stops: judged at the start",
        STOPPED,
        (TESTS + "test_a_job_is_kept_by_the_moment_at_which_it_would_start",),
        ("jobs/models/stop.py", 'start = f"greatest({due}, {now})"', "start = now"),
    ),
    mutant(
        "stops: who is slow asks again",
        STOPPED,
        ("tests/worker/runner/test_stopped.py",),
        (QUERYSETS + "limits.py", "paused=Exists(pauses) | STOPPED", "paused=Exists(pauses)"),
    ),
    mutant(
        "stops: answered when no body is entered any more",
        STOPPED,
        (TESTS + "test_nothing_starts_while_everything_is_stopped_and_what_runs_goes_on",),
        (
            STOPS,
            "_await_bodies(plan, now=now)\n    return stop\n\n\ndef change",
            "return stop\n\n\ndef change",
        ),
    ),
    mutant(
        "stops: what a stop has dropped is listed after it",
        NEVER_LOST,
        (TESTS + "test_those_whose_messages_a_stop_has_spent_get_another_at_once_after_it",),
        (QUERYSETS + "listing.py", "max(until) FROM jobs_stop WHERE", "max(until) FROM jobs_stop WHERE false AND"),
    ),
    mutant(
        "stops: none is let go slowly into another",
        STOPPED,
        (LETTING_GO + "test_what_is_let_go_slowly_waits_for_a_stop_that_goes_on",),
        (STOPS, "if Stop.objects.not_over().covering(now).exists():", "if False:"),
    ),
    mutant(
        "stops: the first go out at the end",
        NEVER_LOST,
        (LETTING_GO + "test_those_that_were_due_go_out_when_a_person_ends_it",),
        (STOPS, "_publish([(job, job.due) for job in kept], now=now)", "_ = kept"),
    ),
    mutant(
        "stops: nobody overtakes those that are let go slowly",
        STOPPED,
        (LETTING_GO + "test_so_many_a_minute_are_let_go_one_after_the_other",),
        ("jobs/models/stop.py", "OR (stop.per_minute IS NOT NULL", "OR (false AND stop.per_minute IS NOT NULL"),
    ),
    mutant(
        "stops: nor does a backlog from before",
        STOPPED,
        (LETTING_GO + "test_a_backlog_is_kept_beyond_the_end_until_its_turn_comes",),
        (
            "jobs/models/stop.py",
            "OR (stop.per_minute IS NOT NULL AND {due}",
            "OR (stop.per_minute IS NOT NULL AND stop.begins_at <= {due} AND {due}",
        ),
    ),
    mutant(
        "stops: a backlog from before is let go",
        NEVER_LOST,
        (LETTING_GO + "test_a_backlog_from_before_it_is_let_go_at_the_pace_too",),
        (
            QUERYSETS + "stops.py",
            "AND coalesce(not_before, run_at) < %(until)s\nORDER BY",
            "AND coalesce(not_before, run_at) < %(until)s AND enqueued_at IS NULL\nORDER BY",
        ),
    ),
    mutant(
        "stops: the end of one is looked at when it comes",
        ON_TIME,
        ("tests/scheduler/test_stops.py::test_the_end_of_a_stop_is_not_waited_for_by_the_second",),
        ("jobs/scheduler/sweeper.py", 'Service("stops", self._stops, exact=True)', 'Service("stops", self._stops)'),
    ),
    mutant(
        "stops: what is exact is due at its time",
        ON_TIME,
        ("tests/scheduler/test_stops.py::test_the_end_of_a_stop_is_not_waited_for_by_the_second",),
        ("jobs/scheduler/sweeper.py", "return max(min([LOOK_EVERY, *exact]), SHORTEST_PAUSE)", "return LOOK_EVERY"),
    ),
    mutant(
        "stops: over when all are let go",
        NEVER_LOST,
        (LETTING_GO + "test_so_many_a_minute_are_let_go_one_after_the_other",),
        (STOPS, "let_go_at=now if is_over else None", "let_go_at=now"),
    ),
    mutant(
        "approval: of one start",
        "approved by somebody else",
        ("tests/transitions/test_approval.py::test_an_approval_is_for_the_start_that_was_approved",),
        ("jobs/transitions/requeue.py", "| (_to_approve(job) if by_person else 0)", ""),
    ),
)
