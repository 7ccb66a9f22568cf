"""Between the body and the end, whoever settles it."""

from scripts.mutations.record import NEVER_TWICE, TRUE_END, mutant

FINISHING = "jobs/transitions/finishing.py"
INTERRUPTION = "jobs/transitions/interruption.py"
RESCUE = "jobs/maintenance/rescue.py"
TRANSITIONS_TESTS = ("tests/transitions",)
STOPPING_TESTS = ("tests/transitions/test_stopping.py",)
INTERRUPTION_TESTS = ("tests/transitions/test_interruption.py",)
RESCUE_TESTS = ("tests/maintenance",)
RETRIES = "jobs/transitions/retries.py"
RETRY_TESTS = ("tests/transitions/test_retries.py",)
HELD = "if job.state == State.RUNNING and job.attempt == attempt.number:"

END_GUARDS = "AND jobs_job.state = 1 AND jobs_job.attempt = ended.number"

MUTANTS = (
    mutant(
        "finish: attempt guard",
        TRUE_END,
        TRANSITIONS_TESTS,
        (FINISHING, END_GUARDS, "AND jobs_job.state = 1"),
    ),
    mutant(
        "finish: state guard",
        TRUE_END,
        TRANSITIONS_TESTS,
        (FINISHING, END_GUARDS, "AND jobs_job.attempt = ended.number"),
    ),
    mutant(
        "interrupt: attempt guard",
        TRUE_END,
        INTERRUPTION_TESTS,
        (INTERRUPTION, HELD, "if job.state == State.RUNNING:"),
    ),
    mutant(
        "interrupt: state guard",
        TRUE_END,
        INTERRUPTION_TESTS,
        (INTERRUPTION, HELD, "if job.attempt == attempt.number:"),
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
        INTERRUPTION_TESTS,
        (INTERRUPTION, "if job.rerunnable and job.attempt", "if job.attempt"),
    ),
    mutant(
        "rerun: no more starts than declared",
        NEVER_TWICE,
        INTERRUPTION_TESTS,
        (INTERRUPTION, "if job.rerunnable and job.attempt < job.max_attempts and", "if job.rerunnable and"),
    ),
    mutant(
        "rerun: not what was asked to stop",
        NEVER_TWICE,
        STOPPING_TESTS,
        (INTERRUPTION, "job.max_attempts and wanted:", "job.max_attempts:"),
    ),
    mutant(
        "retry: not what was asked to stop",
        NEVER_TWICE,
        STOPPING_TESTS,
        (
            "jobs/models/querysets/__init__.py",
            "asked.filter(cancel_requested_at__isnull=True).exclude(",
            "asked.exclude(",
        ),
    ),
    mutant(
        "a child that was killed ends once",
        TRUE_END,
        ("tests/worker/test_children.py",),
        ("jobs/worker/children.py", "        self._killed.add(key)\n", ""),
    ),
    mutant(
        "a late end has failed",
        TRUE_END,
        ("tests/worker/runner/test_deadline.py",),
        ("jobs/worker/bodies/ending.py", "    if not late or ", "    if True or "),
    ),
    mutant(
        "retry: no more starts than declared",
        NEVER_TWICE,
        RETRY_TESTS,
        ("jobs/models/querysets/__init__.py", ', attempt__lt=models.F("max_attempts"))', ")"),
    ),
    mutant(
        "retry: only after an end that was named",
        NEVER_TWICE,
        RETRY_TESTS,
        (RETRIES, "if wanted.isdisjoint(ended.kinds):", "if not wanted:"),
    ),
    mutant(
        "retry: only by the attempt that held the job",
        NEVER_TWICE,
        RETRY_TESTS,
        (FINISHING, "if e.kinds and (e.started.job_id, e.started.attempt) in held]", "if e.kinds]"),
    ),
    mutant(
        "http: sent and not answered is unknown",
        NEVER_TWICE,
        ("tests/http/test_exchange.py",),
        ("jobs/targets/http/exchange.py", "if not progress.sent:", "if progress:"),
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
        (RESCUE, "sessions += Attempt.objects.orphaned(Worker.objects.present(), silent_before).sessions()", "pass"),
    ),
)
