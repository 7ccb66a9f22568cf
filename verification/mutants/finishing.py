"""Mutants between the body and the recorded end, whoever records it."""

from verification.mutants.record import NEVER_TWICE, ON_TIME, TRUE_END, mutant

FINISHING = "jobs/transitions/finishing.py"
INTERRUPTION = "jobs/transitions/interruption.py"
RESCUE = "jobs/scheduler/rescue.py"
RETRIES = "jobs/transitions/retries.py"
STILL_ITS_OWN = "if job.state == State.RUNNING and job.attempt == attempt.number:"

END_GUARDS = "AND (jobs_job.state + 0) = 1 AND jobs_job.attempt = locked.number"

MUTANTS = (
    mutant(
        "finish: attempt guard",
        TRUE_END,
        ("tests/transitions/test_finish.py::test_an_earlier_attempt_cannot_finish_a_later_one",),
        (FINISHING, END_GUARDS, "AND (jobs_job.state + 0) = 1"),
    ),
    mutant(
        "finish: state guard",
        TRUE_END,
        ("tests/transitions/test_finish.py::test_a_second_finish_changes_nothing_but_is_kept_as_evidence",),
        (FINISHING, END_GUARDS, "AND jobs_job.attempt = locked.number"),
    ),
    mutant(
        "events: who listens harms no job",
        TRUE_END,
        ("tests/events/test_emit.py::test_who_raises_harms_nobody_is_logged_once_and_goes_on",),
        (
            "jobs/events/__init__.py",
            "except Exception as error:  # noqa: BLE001 - what",
            "except KeyError as error:  # what",
        ),
    ),
    mutant(
        "events: an end that came too late has no second line",
        TRUE_END,
        ("tests/events/test_attempts.py::test_an_end_that_came_too_late_is_an_event_of_its_own",),
        ("jobs/worker/record/recorder.py", "if id(ended) in late", "if not late"),
    ),
    mutant(
        "cold stop: a worker says good-bye after its last body",
        TRUE_END,
        ("tests/worker/receive/test_handback.py::test_after_a_cold_stop_too_what_has_ended_is_recorded",),
        ("jobs/worker/process/lifecycle.py", "    runtime.slots.finish()  # first", "    # first"),
    ),
    mutant(
        "stop: what no thread has picked up is not lost",
        TRUE_END,
        ("tests/worker/test_slots.py::test_what_no_thread_has_picked_up_runs_all_the_same_when_the_pool_stops",),
        ("jobs/worker/run/slots.py", "if future.cancelled():", "if False:"),
    ),
    mutant(
        "slots: a job waits for no other's body",
        ON_TIME,
        ("tests/worker/test_slots.py::test_a_job_that_has_a_slot_waits_for_no_others_body",),
        ("jobs/worker/run/slots.py", "                call = self._is_to_call()\n", "                call = False\n"),
    ),
    mutant(
        "record: a lone end is recorded at once",
        TRUE_END,
        ("tests/worker/test_recorder.py::test_a_lone_end_is_not_left_to_the_next",),
        ("jobs/worker/record/recorder.py", "in (1, AT_A_TIME)", "in (AT_A_TIME,)"),
    ),
    mutant(
        "stop: no body after the good-bye",
        NEVER_TWICE,
        ("tests/worker/test_slots.py::test_the_good_bye_waits_for_what_was_given_and_no_body_is_entered_after_it",),
        ("jobs/worker/run/slots.py", "too_late = self._finished", "too_late = False"),
    ),
    mutant(
        "stop: a start in doubt is waited for",
        TRUE_END,
        ("tests/worker/arm/test_faults.py::test_a_worker_that_stops_waits_for_the_starts_in_doubt",),
        ("jobs/worker/arm/taking.py", "            thread.join(within)", "            thread.is_alive()"),
    ),
    mutant(
        "interrupt: attempt guard",
        TRUE_END,
        (
            "tests/transitions/test_interruption.py::test_the_open_attempt_of_a_vanished_worker_does_not_take_the_job_from_a_later_one",
        ),
        (INTERRUPTION, STILL_ITS_OWN, "if job.state == State.RUNNING:"),
    ),
    mutant(
        "interrupt: state guard",
        TRUE_END,
        ("tests/transitions/test_interruption.py::test_an_open_attempt_of_a_job_that_went_on_is_closed_only",),
        (INTERRUPTION, STILL_ITS_OWN, "if job.attempt == attempt.number:"),
    ),
    mutant(
        "one order of locks in finish and interrupt",
        TRUE_END,
        ("tests/concurrency/test_races.py::test_finish_and_interrupt_take_their_locks_in_one_order",),
        (
            INTERRUPTION,
            "        jobs = {job.pk: job",
            "        Attempt.objects.filter(pk__in=[one.pk for one in attempts]).update(error=reason)\n"
            "        jobs = {job.pk: job",
        ),
    ),
    mutant(
        "rerun: only what is declared rerunnable",
        NEVER_TWICE,
        ("tests/transitions/test_interruption.py::test_further_starts_without_the_declaration_are_none",),
        (INTERRUPTION, "if job.rerunnable and job.attempt", "if job.attempt"),
    ),
    mutant(
        "rerun: no more starts than declared",
        NEVER_TWICE,
        ("tests/transitions/test_interruption.py::test_declared_without_further_starts_it_is_held",),
        (INTERRUPTION, "if job.rerunnable and job.attempt < job.max_attempts and", "if job.rerunnable and"),
    ),
    mutant(
        "rerun: not what was asked to stop",
        NEVER_TWICE,
        ("tests/transitions/test_stopping.py::test_a_vanished_worker_does_not_start_it_again",),
        (INTERRUPTION, "job.max_attempts and wanted:", "job.max_attempts:"),
    ),
    mutant(
        "retry: not what was asked to stop",
        NEVER_TWICE,
        ("tests/transitions/test_stopping.py::test_no_failure_of_it_starts_it_again",),
        (
            "jobs/models/querysets/__init__.py",
            "asked.filter(cancel_requested_at__isnull=True).exclude(",
            "asked.exclude(",
        ),
    ),
    mutant(
        "a child that was killed ends once",
        TRUE_END,
        ("tests/worker/test_prefork_slots.py::test_at_its_deadline_it_is_killed_and_its_job_has_failed",),
        ("jobs/worker/run/prefork_slots.py", "        self._killed.add(key)\n", ""),
    ),
    mutant(
        "a late end has failed",
        TRUE_END,
        ("tests/worker/runner/test_deadline.py::test_an_end_after_it_is_a_failure_that_keeps_its_result",),
        ("jobs/worker/run/outcome.py", "    if not late or ", "    if True or "),
    ),
    mutant(
        "retry: no more starts than declared",
        NEVER_TWICE,
        ("tests/transitions/test_retries.py::test_until_it_has_no_starts_left",),
        ("jobs/models/querysets/__init__.py", ', attempt__lt=models.F("max_attempts"))', ")"),
    ),
    mutant(
        "retry: only after an end that was named",
        NEVER_TWICE,
        ("tests/transitions/test_retries.py::test_after_another_end_it_has_ended",),
        (RETRIES, "if wanted.isdisjoint(ended.kinds):", "if not wanted:"),
    ),
    mutant(
        "retry: only by the attempt that held the job",
        NEVER_TWICE,
        (
            "tests/transitions/test_retries.py::test_one_that_was_cancelled_meanwhile_by_its_rescue_is_not_started_again",
        ),
        (FINISHING, "if e.kinds and (e.started.job_id, e.started.attempt) in finished]", "if e.kinds]"),
    ),
    mutant(
        "http: sent and not answered is unknown",
        NEVER_TWICE,
        ("tests/http/test_exchange.py::test_sent_and_not_answered_in_time_is_unknown",),
        ("jobs/targets/http/exchange.py", "if not progress.sent:", "if progress:"),
    ),
    mutant(
        "rescue: patience",
        TRUE_END,
        ("tests/scheduler/test_rescue.py::test_a_living_worker_keeps_its_jobs",),
        (RESCUE, "silent_before = now - patience if", "silent_before = now if"),
    ),
    mutant(
        "rescue: silence counts while we watch",
        TRUE_END,
        ("tests/scheduler/test_rescue.py::test_silence_counts_only_while_we_watch",),
        (RESCUE, "if now - watching_since >= patience else None", "if now else None"),
    ),
    mutant(
        "rescue: orphaned attempts",
        TRUE_END,
        ("tests/scheduler/test_rescue.py::test_what_a_worker_acquired_after_it_was_declared_gone_is_settled_too",),
        (RESCUE, "sessions += Attempt.objects.orphaned(Worker.objects.present(), silent_before).sessions()", "pass"),
    ),
)
