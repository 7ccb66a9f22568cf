"""Mutants of operations on all jobs of a filter: what is done to each once, within rights, and taken back."""

from verification.mutants.record import NEVER_LOST, PERMITTED, mutant

STEPS = "tests/transitions/operations/test_steps.py::"
AS_ONE = "tests/transitions/operations/test_as_one.py::"
UNDO = "tests/transitions/operations/test_undo.py::"
STEPPING = "jobs/transitions/operations/stepping.py"
TOGETHER = "jobs/transitions/operations/together.py"
UNDOING = "jobs/transitions/operations/undoing.py"
ERRORS = "tests/transitions/operations/test_errors.py::"
ONCE = "an operation changes a job once"
ENDS = "an operation ends"
CANARY = "the others follow only if most of the first have succeeded"
TRIED = "tests/failures/test_canary.py::"
TRYING = "jobs/transitions/operations/trying.py"
TAKEN_BACK = "taken back as it was left"

SPREAD = "tests/transitions/operations/test_spread.py::"
SPREADING = "jobs/transitions/operations/spreading.py"
NOT_BEFORE = "no job is spread to before its own time"
IN_ORDER = "jobs are spread in the order of their times"

MUTANTS = (
    mutant(
        "operations: a spread moves none to before its own time",
        NOT_BEFORE,
        (SPREAD + "test_none_starts_before_its_own_time",),
        (
            SPREADING,
            "max(run_at, self.begins_at + place * timedelta(seconds=self.seconds) / len(self.in_order))",
            "self.begins_at + place * timedelta(seconds=self.seconds) / len(self.in_order)",
        ),
    ),
    mutant(
        "operations: a spread keeps the order of the times",
        IN_ORDER,
        (SPREAD + "test_in_the_order_of_their_times_whatever_their_ids_are_and_by_batches",),
        (SPREADING, 'order_by("run_at", "id")', 'order_by("id")'),
    ),
    mutant(
        "operations: the position is written with the batch",
        ONCE,
        (STEPS + "test_it_takes_a_batch_at_a_time_and_ends_after_the_last",),
        (
            STEPPING,
            'update_fields=["position", "one_by_one", "done", "refused", "went_on_at"]',
            'update_fields=["done", "refused"]',
        ),
    ),
    mutant(
        "operations: one goes on with it at a time",
        ONCE,
        ("tests/concurrency/test_operations.py::test_two_leaders_do_a_batch_once",),
        (STEPPING, "filter(pk=pk).locked(wait=False).first()", "filter(pk=pk).first()"),
    ),
    mutant(
        "operations: nothing newer",
        ENDS,
        (STEPS + "test_jobs_that_are_created_after_it_began_are_not_touched",),
        (STEPPING, "min(operation.position + LOOK, newest)", "operation.position + LOOK"),
    ),
    mutant(
        "operations: nothing created later",
        ENDS,
        (STEPS + "test_jobs_that_are_created_after_it_began_are_not_touched",),
        (STEPPING, "    found = found.filter(created_at__lte=operation.created_at)\n", ""),
    ),
    mutant(
        "operations: what is locked is left for later",
        NEVER_LOST,
        ("tests/concurrency/test_operations.py::test_a_job_that_somebody_has_is_taken_alone_afterwards",),
        (STEPPING, "return Batch(rows, _missing(ids, rows),", "return Batch(rows, [],"),
    ),
    mutant(
        "operations: the rights of now",
        PERMITTED,
        (STEPS + "test_who_has_lost_the_right_does_no_more",),
        (STEPPING, "if why := _why_not(operation):", "if (why := _why_not(operation)) and False:"),
    ),
    mutant(
        "operations: only theirs",
        PERMITTED,
        (STEPS + "test_jobs_of_others_are_counted_before_and_left_alone",),
        (
            "jobs/models/querysets/within.py",
            "ours |= own if or_own else own & of_no_team",
            "ours |= own if True else own",
        ),
    ),
    mutant(
        "operations: only their targets",
        PERMITTED,
        (STEPS + "test_a_target_that_is_given_to_others_is_started_by_none",),
        (STEPPING, "if reach.everything or verb not in ASKS_FOR_A_START:", "if True:"),
    ),
    mutant(
        "operations: who waits for it is let go or skipped",
        NEVER_LOST,
        (AS_ONE + "test_the_jobs_that_wait_for_it_are_skipped_and_a_schedule_goes_on",),
        (TOGETHER, "if waited_for := [row.id for row in rows if row.has_dependents]:", "if waited_for := []:"),
    ),
    mutant(
        "operations: schedules go on",
        NEVER_LOST,
        (AS_ONE + "test_a_run_of_a_schedule_is_written_down_as_skipped_by_a_person_and_the_next_is_made",),
        (TOGETHER, "    succession.missed(rows, Cause.PERSON, part.reason, now=part.now, by_id=part.by.pk)\n", ""),
    ),
    mutant(
        "operations: places are given back",
        NEVER_LOST,
        (AS_ONE + "test_the_job_is_as_if_somebody_had_asked_for_it_alone",),
        (TOGETHER, "    promotion.leave(ids, now=part.now, also=_lines(rows))\n", ""),
    ),
    mutant(
        "operations: an approval is for the start that was approved",
        "approved by somebody else",
        (AS_ONE + "test_the_job_is_as_if_somebody_had_asked_for_it_alone",),
        ("jobs/transitions/requeue.py", "Hold.DEPENDENCIES) | _to_approve(one.row)", "Hold.DEPENDENCIES)"),
    ),
    mutant(
        "operations: undone by version",
        TAKEN_BACK,
        (UNDO + "test_only_what_nobody_has_changed_since_and_has_not_started",),
        (UNDOING, "WHEN job.version <> noted.version OR job.state <> %(state)s", "WHEN job.state <> %(state)s"),
    ),
    mutant(
        "operations: not undone when its time is over",
        TAKEN_BACK,
        (UNDO + "test_only_what_nobody_has_changed_since_and_has_not_started",),
        (UNDOING, "<= %(now)s THEN %(over)s", "<= %(now)s AND false THEN %(over)s"),
    ),
    mutant(
        "operations: undone, a dangerous job waits for its approval",
        "approved by somebody else",
        (UNDO + "test_a_dangerous_job_waits_for_its_approval_again_and_one_that_waits_for_others_waits_on",),
        (UNDOING, "Hold.APPROVAL * is_dangerous(row.target, payloads[row.id])", "0"),
    ),
    mutant(
        "operations: an error at one job is not that of its batch",
        ENDS,
        (ERRORS + "test_a_job_at_which_an_error_comes_stays_and_the_others_are_done",),
        (
            STEPPING,
            "    except (OperationalError, InterfaceError):  # it is the database that fails",
            "    except Exception:",
        ),
    ),
    mutant(
        "operations: an error at one job is told, and counted",
        ENDS,
        (ERRORS + "test_what_is_taken_back_ends_too",),
        ("jobs/transitions/operations/singly.py", "        return words.FAILED\n", "        raise\n"),
    ),
    mutant(
        "operations: one that cannot go on holds up no other",
        ENDS,
        (ERRORS + "test_one_that_cannot_go_on_does_not_hold_up_those_after_it",),
        ("jobs/scheduler/operations.py", "        failed.append(error)\n        return False\n", "        raise\n"),
    ),
    mutant(
        "canaries: the others wait for the first",
        CANARY,
        (TRIED + "test_five_are_told_first_and_nobody_else_while_they_have_not_ended",),
        (TRYING, "            return Room(operation.first - operation.done)\n", "            return Room(most)\n"),
    ),
    mutant(
        "canaries: four of five",
        CANARY,
        (TRIED + "test_two_are_enough_to_stop_it",),
        (TRYING, "return (operation.first or 0) - (FIRST - NEEDED)", "return 1"),
    ),
    mutant(
        "canaries: what somebody has changed is no success",
        CANARY,
        (TRIED + "test_one_that_somebody_has_changed_meanwhile_says_nothing_of_the_others",),
        (TRYING, "self.state == State.COMPLETED and not self.changed", "self.state == State.COMPLETED"),
        (TRYING, "return self.changed or self.state is None", "return self.state is None"),
    ),
    mutant(
        "canaries: a rate",
        CANARY,
        (TRIED + "test_it_goes_on_at_its_rate_when_four_have_succeeded",),
        (TRYING, "Room(max(min(by_now, most), 0))", "Room(most)"),
    ),
    mutant(
        "failures: a good end writes no index",
        "a good end costs nothing by it",
        ("tests/failures/test_groups.py::test_a_good_end_writes_no_index",),
        (
            "jobs/transitions/finishing.py",
            '        return ""\n    found = ended.failure',
            "        pass\n    found = ended.failure",
        ),
    ),
)
