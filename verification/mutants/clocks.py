"""Mutants of schedules whose database had its clock ahead for a while."""

from verification.mutants.record import NEVER_LOST, NEVER_TWICE, mutant

BACK = "tests/scheduler/test_clock_set_back.py::"

MUTANTS = (
    mutant(
        "schedules: go on when a clock that was ahead is set back",
        NEVER_LOST,
        (f"{BACK}test_it_goes_on_at_once_and_what_never_was_is_not_missed",),
        ("jobs/scheduler/schedules.py", "self._set_back |= now < self._latest - STEP", "self._set_back = False"),
    ),
    mutant(
        "schedules: what started while a clock was ahead keeps its nominal time",
        NEVER_TWICE,
        (f"{BACK}test_a_run_that_started_ahead_of_its_time_does_not_start_again",),
        (
            "jobs/transitions/schedules/succession.py",
            "    later.filter(job_id__isnull=True).delete()",
            "    later.delete()",
        ),
    ),
)
