"""Mutants of the audit: each change is written down in its transaction, no other is, and as it was and became."""

from verification.mutants.record import AUDITED, mutant

AUDIT = "jobs/models/audit.py"
DESCRIBED = "jobs/models/described.py"
CONTROLS = "jobs/transitions/controls.py"
PAUSING = "jobs/transitions/limits/pausing.py"
DEFINITIONS = "jobs/transitions/definitions.py"
DRAINS = "jobs/nodes/drains.py"
RELEASE = "jobs/transitions/restoring.py"

ONE = ("tests/transitions/test_audit.py::test_what_cannot_be_written_down_is_not_done",)
NOTHING = ("tests/transitions/test_audit.py::test_what_changes_nothing_is_not_written_down",)
MOVED = ("tests/transitions/test_audit.py::test_a_job_that_is_moved_says_from_when_to_when",)
LIMITS = ("tests/transitions/test_limits_give_back.py::test_who_asked_for_a_limit_and_why_is_kept",)
STOPPED = ("tests/transitions/test_stopping.py::test_it_stays_running_and_the_request_is_audited",)
ATOMIC = "    with transaction.atomic():\n"

MUTANTS = (
    mutant(
        "audit: of a job in the transaction of its change",
        AUDITED,
        ONE,
        (CONTROLS, f"{ATOMIC}        if in_history:", "    if True:\n        if in_history:"),
    ),
    mutant(
        "audit: of a pause in its transaction",
        AUDITED,
        ONE,
        (PAUSING, f"{ATOMIC}        _let_finish(name)", "    if True:\n        _let_finish(name)"),
    ),
    mutant(
        "audit: of a resume in its transaction",
        AUDITED,
        ONE,
        (
            PAUSING,
            f'{ATOMIC}        before = _described(name)\n        values: dict[str, Any] = {{"paused_at"',
            '    if True:\n        before = _described(name)\n        values: dict[str, Any] = {"paused_at"',
        ),
    ),
    mutant(
        "audit: of a trigger in its transaction",
        AUDITED,
        ONE,
        (
            DEFINITIONS,
            f"{ATOMIC}        before = as_stored(Trigger",
            "    if True:\n        before = as_stored(Trigger",
        ),
    ),
    mutant(
        "audit: of a calendar in its transaction",
        AUDITED,
        ONE,
        (
            DEFINITIONS,
            f"{ATOMIC}        before = as_stored(Calendar",
            "    if True:\n        before = as_stored(Calendar",
        ),
    ),
    mutant(
        "audit: of a deletion in its transaction",
        AUDITED,
        ONE,
        (DEFINITIONS, f"{ATOMIC}        before, name = ", "    if True:\n        before, name = "),
    ),
    mutant(
        "audit: of a drain in its transaction",
        AUDITED,
        ONE,
        (
            DRAINS,
            f'        raise ValidationError({{"reason": problems}})\n{ATOMIC}'
            "        worker = Worker.objects.locked(session)\n"
            "        if worker is None or worker.left:\n            return _no_longer(worker, session)\n"
            "        if worker.drained_at is not None:",
            '        raise ValidationError({"reason": problems})\n    if True:\n'
            "        worker = Worker.objects.locked(session)\n"
            "        if worker is None or worker.left:\n            return _no_longer(worker, session)\n"
            "        if worker.drained_at is not None:",
        ),
    ),
    mutant(
        "audit: a definition that stays as it was is no change",
        AUDITED,
        NOTHING,
        (AUDIT, "            if before == after:\n", "            if False:\n"),
    ),
    mutant(
        "audit: what was not paused is not resumed",
        AUDITED,
        NOTHING,
        (PAUSING, "if Limit.objects.paused().filter(", "if Limit.objects.filter("),
    ),
    mutant(
        "audit: what was not limited is not lifted",
        AUDITED,
        ("tests/transitions/test_limits_give_back.py::test_to_lift_what_is_not_limited_changes_nothing",),
        (PAUSING, "        if before is not None:\n", "        if True:\n"),
    ),
    mutant(
        "audit: before is not after",
        AUDITED,
        LIMITS,
        (
            AUDIT,
            "            before=before,\n            after=after,\n",
            "            before=after,\n            after=after,\n",
        ),
    ),
    mutant(
        "audit: after is what became of it",
        AUDITED,
        LIMITS,
        (PAUSING, "    after = _described(name)\n", "    after = before\n"),
    ),
    mutant(
        "audit: nobody changes it between before and after",
        AUDITED,
        ("tests/concurrency/test_audit.py",),
        (DESCRIBED, 'rows.select_for_update(of=("self",), no_key=True).first()', "rows.first()"),
    ),
    mutant(
        "audit: a release says what was held",
        AUDITED,
        ("tests/installation/test_restored.py::test_a_copy_takes_a_name_of_its_own",),
        (RELEASE, "            before=before,\n", "            before=described(row, AUDITED),\n"),
    ),
    mutant(
        "audit: a moved job says where it was",
        AUDITED,
        MOVED,
        (CONTROLS, "before=_described(job) if asked.verb in MOVES else None", "before=None"),
    ),
    mutant(
        "audit: a moved job says where it is",
        AUDITED,
        MOVED,
        (CONTROLS, '_described(Job.objects.only("run_at").get(pk=job_id))', "_described(job)"),
    ),
    mutant(
        "audit: who asked for it, of a job",
        AUDITED,
        ONE,
        (CONTROLS, 'by_id=getattr(asked.by, "pk", None)', "by_id=None"),
    ),
    mutant(
        "audit: who asked for it, of all else",
        AUDITED,
        ONE,
        (AUDIT, 'by_id=getattr(by, "pk", None)', "by_id=None"),
    ),
    mutant(
        "audit: who was asked to stop runs on",
        AUDITED,
        STOPPED,
        (CONTROLS, "State.RUNNING if job.state == State.RUNNING else asked.control.becomes", "asked.control.becomes"),
    ),
)
