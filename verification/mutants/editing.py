"""Mutants of edits: what was seen is what changes, older messages start nothing, an approval was for one start."""

from verification.mutants.record import ACCEPTED, AUDITED, NEVER_EARLY, NEVER_TWICE, mutant

CHANGING = "jobs/transitions/changing.py"
EDITING = "jobs/transitions/editing.py"
CONTROLS = "jobs/transitions/controls.py"
TESTS = "tests/transitions/test_edit.py"

MUTANTS = (
    mutant(
        "edit: only of the version that was seen",
        ACCEPTED,
        (f"{TESTS}::test_who_has_seen_an_older_version_is_told",),
        ("jobs/transitions/stale.py", "if seen is not None and version not in seen:", "if False:"),
    ),
    mutant(
        "edit: a new version",
        NEVER_EARLY,
        (f"{TESTS}::test_the_old_message_starts_nothing_and_a_new_one_goes_out",),
        (EDITING, "        version=NEXT_VERSION,\n        holds", "        holds"),
    ),
    mutant(
        "edit: an approval was for what it was",
        NEVER_EARLY,
        (f"{TESTS}::test_an_approval_was_for_what_it_was",),
        (EDITING, "kept | new.holds & Hold.APPROVAL", "kept"),
    ),
    mutant(
        "edit: whoever has edited does not approve",
        NEVER_EARLY,
        (f"{TESTS}::test_an_approval_was_for_what_it_was",),
        (
            "jobs/transitions/approval.py",
            "by is not None and job.audit.filter(verb__in",
            "by is None and job.audit.filter(verb__in",
        ),
    ),
    mutant(
        "edit: only what has not started",
        NEVER_TWICE,
        (f"{TESTS}::test_a_job_that_has_started_is_not_edited",),
        (
            "jobs/rules/controls.py",
            "Verb.EDIT: Control(frozenset({State.PENDING}),",
            "Verb.EDIT: Control(frozenset(State),",
        ),
    ),
    mutant(
        "undo: not after its time",
        NEVER_EARLY,
        ("tests/monitor/test_job_cancel.py::test_after_its_time_nothing_is_done",),
        (CONTROLS, "if job.state != State.CANCELLED or job.run_at <= now:", "if job.state != State.CANCELLED:"),
    ),
    mutant(
        "edit: 1 is not 1.0",
        ACCEPTED,
        (f"{TESTS}::test_what_is_written_differently_is_a_change",),
        (EDITING, "return bool(_written(one) == _written(other))", "return bool(one == other)"),
    ),
    mutant(
        "edit: the audit has what it was",
        AUDITED,
        (f"{TESTS}::test_only_what_changes_is_audited",),
        (
            CHANGING,
            "    return described(job, names), described(now, names)",
            "    return described(now, names), described(now, names)",
        ),
    ),
)
