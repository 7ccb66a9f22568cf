"""Between the body and the end, whoever settles it."""

from scripts.mutations.record import NEVER_TWICE, TRUE_END, mutant

QUERYSETS = "jobs/models/querysets.py"
INTERRUPTION = "jobs/transitions/interruption.py"
RESCUE = "jobs/maintenance/rescue.py"
TRANSITIONS_TESTS = ("tests/transitions",)
INTERRUPTION_TESTS = ("tests/transitions/test_interruption.py",)
RESCUE_TESTS = ("tests/maintenance",)
HELD_BY = "return self.filter(id=job_id, state=State.RUNNING, attempt=attempt)"

MUTANTS = (
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
            INTERRUPTION,
            "            job = Job.objects.held",
            "            Attempt.objects.filter(pk=attempt.pk).update(error=why)\n            job = Job.objects.held",
        ),
    ),
    mutant(
        "rerun: only what is declared rerunnable",
        NEVER_TWICE,
        INTERRUPTION_TESTS,
        (INTERRUPTION, "if job.rerunnable and job.attempt", "if job.attempt"),
    ),
    mutant(
        "rerun: no more starts than declared",
        NEVER_TWICE,
        INTERRUPTION_TESTS,
        (INTERRUPTION, "if job.rerunnable and job.attempt < job.max_attempts:", "if job.rerunnable:"),
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
)
