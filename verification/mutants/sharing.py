"""Mutants of what holds a job back: the others of its key, the rules of its queue, somebody's approval."""

from verification.mutants.record import NEVER_LOST, NEVER_TWICE, ON_TIME, mutant

CHANGING = "jobs/transitions/changing.py"
LIMITS = "jobs/transitions/limits/"
TURNS = "jobs/models/querysets/turns.py"
ADMISSION = "jobs/transitions/admission.py"
QUERYSETS = "jobs/models/querysets/__init__.py"
LISTING = "jobs/models/querysets/listing.py"
FINISHING = "jobs/transitions/finishing.py"
TRIGGERS = "jobs/transitions/triggers.py"
RUNNER = "jobs/worker/run/runner.py"
VERBS = "jobs/transitions/controls.py"
ONE_AT_A_TIME = "one at a time"

MUTANTS = (
    mutant(
        "limits: one transaction at a time",
        ONE_AT_A_TIME,
        ("tests/concurrency/test_limits.py::test_of_one_key_no_more_start_than_may",),
        (LIMITS + "names.py", "WHERE pg_try_advisory_xact_lock(%s, hashtext(kind || ':' || name))", "WHERE %s > 0"),
    ),
    mutant(
        "limits: who runs counts",
        ONE_AT_A_TIME,
        ("tests/transitions/test_single_flight.py::test_the_second_waits_and_starts_when_the_first_has_ended",),
        (LIMITS + "judge.py", "if len(others) < most:", "if True:"),
    ),
    mutant(
        "limits: a turn is kept",
        ONE_AT_A_TIME,
        ("tests/transitions/test_single_flight.py::test_nobody_overtakes_a_turn_that_has_come",),
        (LIMITS + "judge.py", "(*self.occupied.running, *self.occupied.given)", "(*self.occupied.running,)"),
    ),
    mutant(
        "limits: nobody overtakes the line",
        ONE_AT_A_TIME,
        ("tests/concurrency/test_limits_locked.py::test_nobody_overtakes_one_whose_turn_nobody_has_noticed",),
        (
            LIMITS + "judge.py",
            "return head is not None and (head.run_at, head.id)",
            "return False and (head.run_at, head.id)",
        ),
    ),
    mutant(
        "limits: a moment that has not come is no leave to start",
        ONE_AT_A_TIME,
        ("tests/transitions/test_rates.py::test_moments_of_one_rate_are_kept_when_those_of_another_are_forgotten",),
        (LIMITS + "judge.py", "mine <= max(now, row.due) <= mine + rates.LATE", "now <= mine + rates.LATE"),
    ),
    mutant(
        "limits: the end gives the place away",
        NEVER_LOST,
        ("tests/transitions/test_single_flight.py::test_the_second_waits_and_starts_when_the_first_has_ended",),
        (FINISHING, "promotion.at_commit(freed, now=", "promotion.at_commit(set(), now="),
    ),
    mutant(
        "limits: the end leaves its place",
        NEVER_LOST,
        ("tests/transitions/test_single_flight.py::test_the_second_waits_and_starts_when_the_first_has_ended",),
        (FINISHING, "AND EXISTS (SELECT FROM finished WHERE finished.id = jobs_turn.job_id)", "AND false"),
    ),
    mutant(
        "limits: a turn that is not taken goes on",
        NEVER_LOST,
        ("tests/transitions/test_single_flight.py::test_a_turn_that_is_not_taken_goes_to_the_next",),
        (CHANGING, "promotion.leave([job.pk], now=asked.now, also=waited)", "pass"),
    ),
    mutant(
        "limits: a turn that cannot be taken goes on",
        NEVER_LOST,
        ("tests/transitions/test_single_flight.py::test_a_turn_that_cannot_be_taken_goes_to_the_next",),
        (
            LIMITS + "starting.py",
            "gone = [row for row in rows if row.id in refused]",
            "gone = [row for row in rows[:0]]",
        ),
    ),
    mutant(
        "limits: a turn that nobody takes expires",
        NEVER_LOST,
        ("tests/transitions/test_limits_give_back.py::test_a_turn_that_nobody_takes_expires_and_is_the_next_ones",),
        (TURNS, "WHERE expires_at <= %(now)s", "WHERE false AND expires_at <= %(now)s"),
        (TURNS, "(t.expires_at IS NULL OR t.expires_at > %(now)s)", "(%(now)s IS NOT NULL)"),
    ),
    mutant(
        "limits: judged at the instant",
        ON_TIME,
        (
            "tests/transitions/test_limits_at_the_instant.py::test_a_run_that_ends_before_the_time_of_the_next_is_not_in_its_way",
        ),
        (LIMITS + "starting.py", "elif row.due > now:", "elif False:"),
    ),
    mutant(
        "limits: all or nothing",
        NEVER_LOST,
        (
            "tests/transitions/test_limits_at_the_instant.py::test_who_is_refused_by_one_limit_keeps_no_place_of_another",
        ),
        (
            LIMITS + "starting.py",
            "for row in starting for name in row.limits]",
            "for row in rows for name in row.limits]",
        ),
    ),
    mutant(
        "limits: another start stops nobody",
        ONE_AT_A_TIME,
        (
            "tests/transitions/test_limits_at_the_instant.py::test_another_start_of_an_older_run_waits_for_the_newer_one",
            "tests/transitions/test_limits_at_the_instant.py::test_another_start_by_a_person_waits_too",
        ),
        (LIMITS + "judge.py", "policy = Overlap.QUEUE if row.attempt and", "policy = Overlap.QUEUE if False and"),
    ),
    mutant(
        "limits: run now keeps the place",
        ON_TIME,
        (
            "tests/transitions/test_limits_give_back.py::test_run_now_does_not_send_one_that_waits_to_the_end_of_the_line",
        ),
        (VERBS, "if waits and not too_late and job.run_at <= now:", "if False:"),
    ),
    mutant(
        "limits: the leader passes nobody by",
        NEVER_LOST,
        ("tests/transitions/test_limits_give_back.py::test_none_of_many_lines_is_passed_by",),
        (
            "jobs/scheduler/turns.py",
            "names[-1] if len(names) == AT_A_TIME else",
            "'' if len(names) == AT_A_TIME else",
        ),
    ),
    mutant(
        "limits: a passed row is looked at again",
        NEVER_LOST,
        ("tests/concurrency/test_limits_locked.py::test_a_turn_that_passes_a_locked_row_by_comes_back_to_it",),
        (LIMITS + "filling.py", "locked=turn.passed_by or not rows", "locked=turn.passed_by"),
    ),
    mutant(
        "limits: one asks for all that wait",
        ON_TIME,
        (
            "tests/worker/arm/test_sharing.py::test_a_limit_that_somebody_has_locked_costs_one_try_after_the_other_and_no_slots",
        ),
        (
            "jobs/worker/arm/parking.py",
            "return asking is not None and asking is not waiting",
            "return False and asking is not waiting",
        ),
    ),
    mutant(
        "pause: what is being started is waited for",
        ON_TIME,
        ("tests/concurrency/test_limits_locked.py::test_a_pause_waits_for_a_start_that_is_being_committed",),
        (LIMITS + "pausing.py", "        _let_finish(name)\n", ""),
    ),
    mutant(
        "pause: who was slow asks again",
        ON_TIME,
        ("tests/worker/runner/test_paused.py::test_what_was_taken_slowly_is_held_by_a_pause_that_came_meanwhile",),
        (RUNNER, "    while steady() > asked + ANSWERED_AFTER:", "    while False:"),
    ),
    mutant(
        "pause: who hears late of an answer asks again",
        ON_TIME,
        ("tests/worker/runner/test_paused.py::test_who_hears_late_of_an_answer_asks_again",),
        (RUNNER, "    if paused is False:\n        return asked", "    if paused is False:\n        return steady()"),
    ),
    mutant(
        "pause: who was taken long ahead asks again",
        ON_TIME,
        ("tests/worker/runner/test_paused.py::test_what_is_taken_long_ahead_is_asked_for_again_before_its_time",),
        (RUNNER, "    if left and steady() + left > asked + ANSWERED_AFTER:", "    if False:"),
    ),
    mutant(
        "pause: a start that is over stays over",
        NEVER_TWICE,
        ("tests/worker/runner/test_paused.py::test_a_lost_answer_changes_nothing",),
        (LIMITS + "overtaken.py", "return paused is None", "return False"),
    ),
    mutant(
        "held: not acquired",
        ONE_AT_A_TIME,
        ("tests/transitions/test_single_flight.py::test_whatever_holds_it_an_old_message_does_not_start_it",),
        (
            QUERYSETS,
            "state=State.PENDING, holds=0, run_at__lt=due_before",
            "state=State.PENDING, run_at__lt=due_before",
        ),
    ),
    mutant(
        "held: not listed",
        ONE_AT_A_TIME,
        ("tests/transitions/test_single_flight.py::test_a_held_job_is_not_listed",),
        (LISTING, "WHERE state = 0 AND holds = 0 AND coalesce(", "WHERE state = 0 AND coalesce("),
    ),
    mutant(
        "queue: a pause holds",
        ONE_AT_A_TIME,
        ("tests/transitions/test_queue_limits.py::test_a_paused_queue_starts_nothing_and_says_why",),
        (LIMITS + "judge.py", "view.rule.paused_at is not None:", "False:"),
    ),
    mutant(
        "queue: so many at a time",
        ONE_AT_A_TIME,
        ("tests/transitions/test_queue_limits.py::test_so_many_of_a_queue_run_at_a_time",),
        (LIMITS + "judge.py", "if len(others) >= cap:", "if False:"),
    ),
    mutant(
        "rate: a moment is handed out once",
        ONE_AT_A_TIME,
        (
            "tests/transitions/test_rates.py::test_a_rate_hands_out_moments_and_each_is_kept",
            "tests/transitions/test_rates.py::test_no_interval_holds_more_than_burst_and_rate",
        ),
        (LIMITS + "rates.py", "found = max(found, taken + one)", "found = max(found, taken)"),
    ),
    mutant(
        "rate: a moment that has passed is nobody's",
        ONE_AT_A_TIME,
        (
            "tests/transitions/test_rates.py::test_moments_that_all_workers_have_slept_through_are_not_made_up_for_together",
        ),
        (LIMITS + "judge.py", "mine <= max(now, row.due) <= mine + rates.LATE", "mine <= max(now, row.due)"),
    ),
    mutant(
        "rate: those that were late are served by their moments",
        ONE_AT_A_TIME,
        ("tests/transitions/test_rates.py::test_whoever_has_slept_is_served_by_its_moment_whoever_asks_first",),
        (LIMITS + "judge.py", "before = [taken for taken in others.values() if taken <= mine]", "before = []"),
    ),
    mutant(
        "rate: whoever is always late is not put off for ever",
        ONE_AT_A_TIME,
        ("tests/transitions/test_rates.py::test_whoever_is_always_late_starts_all_the_same",),
        (LIMITS + "judge.py", "        if found - start <= rates.NEAR:\n            return found\n", ""),
    ),
    mutant(
        "rate: a start uses it up",
        ONE_AT_A_TIME,
        ("tests/transitions/test_rates.py::test_a_rate_hands_out_moments_and_each_is_kept",),
        (LIMITS + "standing.py", "if view.started and view.rule is not None:", "if False:"),
    ),
    mutant(
        "trigger: let in one after the other",
        ONE_AT_A_TIME,
        ("tests/concurrency/test_limits.py::test_a_hundred_calls_make_one_run_and_get_one_answer",),
        (TRIGGERS, "            _one_after_the_other(trigger.shared_key)\n", ""),
    ),
    mutant(
        "approval: by somebody",
        ONE_AT_A_TIME,
        (
            "tests/transitions/test_approval.py::test_it_waits_from_its_creation_on",
            "tests/transitions/test_approval.py::test_one_that_sql_has_put_there_waits_too",
        ),
        (ADMISSION, "if row.approved_at is None and", "if False and"),
    ),
    mutant(
        "approval: of a command that wants it",
        ONE_AT_A_TIME,
        ("tests/command/test_approval.py::test_one_that_sql_has_put_there_waits_too",),
        ("jobs/targets/command/call.py", "return entry is not None and entry.approval", "return False"),
    ),
    mutant(
        "approval: by somebody else",
        ONE_AT_A_TIME,
        ("tests/transitions/test_approval.py::test_it_waits_from_its_creation_on",),
        ("jobs/transitions/approval.py", "by is not None and job.created_by_id == by.pk", "False"),
    ),
    mutant(
        "start_within",
        ON_TIME,
        ("tests/transitions/test_late.py::test_later_it_is_skipped_with_the_reason",),
        (ADMISSION, "late > row.start_within", "False"),
    ),
)
