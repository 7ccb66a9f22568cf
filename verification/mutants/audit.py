"""Mutants of the audit: each change is written down in its transaction, no other is, and as it was and became."""

from verification.mutants.record import AUDITED, mutant

CHANGING = "jobs/transitions/changing.py"
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
        (CHANGING, f"{ATOMIC}        if in_history:", "    if True:\n        if in_history:"),
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
            f'{ATOMIC}        new = {{**fields, "created_by_id"',
            '    if True:\n        new = {**fields, "created_by_id"',
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
        (CHANGING, "            before=before,\n", "            before=None,\n"),
    ),
    mutant(
        "audit: a moved job says where it is",
        AUDITED,
        MOVED,
        (CHANGING, "            after=after,\n", "            after=before,\n"),
    ),
    mutant(
        "audit: who asked for it, of a job",
        AUDITED,
        ONE,
        (CHANGING, "**asker(asked.by),", ""),
    ),
    mutant(
        "audit: who asked for it, of all else",
        AUDITED,
        ONE,
        (AUDIT, "**asker(by),", ""),
    ),
    mutant(
        "audit: who was asked to stop runs on",
        AUDITED,
        STOPPED,
        (CHANGING, "State.RUNNING if job.state == State.RUNNING else asked.control.becomes", "asked.control.becomes"),
    ),
    mutant(
        "audit: its rows stay",
        AUDITED,
        ("tests/test_one_audit.py::test_its_rows_stay_as_they_were_written_and_say_who_it_was",),
        (
            "jobs/migrations/0065_redaction.py",
            "    RAISE restrict_violation",
            "    RETURN NEW;\n    RAISE restrict_violation",
        ),
    ),
    mutant(
        "audit: it keeps the name",
        AUDITED,
        ("tests/test_one_audit.py::test_its_rows_stay_as_they_were_written_and_say_who_it_was",),
        (AUDIT, '"by_name": name}', '"by_name": ""}'),
    ),
    mutant(
        "audit: an approval is of the version that was seen",
        AUDITED,
        ("tests/web/test_approvals.py::test_a_page_that_is_older_approves_nothing",),
        ("jobs/transitions/approval.py", "version is not None and version != job.version", "False"),
    ),
    mutant(
        "audit: rights by any way",
        AUDITED,
        ("tests/rights/test_rights_audited.py::test_plain_sql_is_written_down_with_its_role",),
        ("jobs/migrations/0061_rights_audited.py", '    ("UPDATE", "NEW", "after", "changed_to"),\n', ""),
    ),
    mutant(
        "audit: strangers do not fill it",
        AUDITED,
        ("tests/test_noted.py::test_strangers_do_not_fill_the_audit",),
        ("project/noted.py", "if all_of_them > MOST_OF_STRANGERS:", "if False:"),
    ),
)
