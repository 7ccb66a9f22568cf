"""Mutants of redaction: what a person was promised to be gone is gone, and nothing else is."""

from verification.mutants.record import AUDITED, NEVER_LOST, NEVER_TWICE, PERMITTED, mutant

REDACTS = "jobs/transitions/redaction.py"
SERVICE = "jobs/scheduler/redaction.py"
KEEPING = "jobs/transitions/keeping.py"
RULES = "jobs/keeping.py"
CHANGING = "jobs/transitions/changing.py"
TABLE = "jobs/migrations/0065_redaction.py"
TESTS = "tests/history/test_redaction.py"
LEFT = (f"{TESTS}::test_nothing_of_a_person_is_left_in_any_table",)
KEPT = (f"{TESTS}::test_what_is_kept_stays_as_it_is_until_it_is_let_go",)
KNOWN = (f"{TESTS}::test_a_repeated_request_is_known_for_its_days_and_its_key_goes_then",)

MUTANTS = (
    mutant("redaction: the payload goes", PERMITTED, LEFT, (REDACTS, "payload = '{{}}', name = ''", "name = ''")),
    mutant(
        "redaction: what the ledger tells goes",
        PERMITTED,
        LEFT,
        (REDACTS, "result = NULL, log = NULL, progress_note = NULL\n", "result = NULL, log = NULL\n"),
    ),
    mutant(
        "redaction: so does what the ledger of the history tells",
        PERMITTED,
        LEFT,
        (REDACTS, "'result', NULL, 'log', NULL,", "'result', NULL,"),
    ),
    mutant(
        "redaction: what was edited goes from the audit",
        PERMITTED,
        LEFT,
        (TABLE, "key IN ('payload', 'name', 'key', 'labels')", "key IN ('payload', 'name', 'key')"),
    ),
    mutant(
        "redaction: the audit lets nothing else pass",
        AUDITED,
        (f"{TESTS}::test_the_audit_lets_nothing_else_pass",),
        (TABLE, "        AND NEW.before IS NOT DISTINCT FROM jobs_audit_redacted(OLD.before)\n", ""),
    ),
    mutant(
        "redaction: the audit is written anew for a redacted job only",
        AUDITED,
        (f"{TESTS}::test_the_audit_lets_nothing_else_pass",),
        (TABLE, "(EXISTS (SELECT FROM jobs_job WHERE id = OLD.job_id AND redacted_at IS NOT NULL)", "(true"),
    ),
    mutant(
        "redaction: by a rule, what is kept stays",
        NEVER_LOST,
        KEPT,
        (REDACTS, "free = locked - {job_id for (job_id,) in cursor.fetchall()}", "free = locked"),
    ),
    mutant(
        "redaction: by a person, what is kept stays",
        NEVER_LOST,
        KEPT,
        (REDACTS, "if Kept.objects.filter(job_id=job_id).exists():", "if False:"),
    ),
    mutant(
        "redaction: what has not ended stays",
        NEVER_LOST,
        (f"{TESTS}::test_one_that_has_not_ended_is_refused",),
        (REDACTS, "if state not in FINAL:", "if False:"),
    ),
    mutant(
        "redaction: each of its days by the closest rule",
        NEVER_LOST,
        (f"{TESTS}::test_each_of_its_days_by_the_closest_rule",),
        (RULES, "for some in ([rule for rule in own if rule.state], own) if some", "for some in (own,) if some"),
    ),
    mutant(
        "redaction: a request is known for its days",
        NEVER_TWICE,
        KNOWN,
        (REDACTS, "created_at < %(keys_before)s THEN NULL ELSE idempotency_key END", "true THEN NULL END"),
    ),
    mutant(
        "redaction: the key of a request goes when its days are over",
        PERMITTED,
        KNOWN,
        (
            REDACTS,
            "(redacted_at IS NULL OR (idempotency_key IS NOT NULL AND created_at < %(keys_before)s))",
            "(redacted_at IS NULL AND %(keys_before)s IS NOT NULL)",
        ),
    ),
    mutant(
        "redaction: it starts no more",
        NEVER_TWICE,
        (f"{TESTS}::test_it_is_not_started_again_and_stays_where_it_is",),
        (CHANGING, "if job.redacted_at is not None and asked.control.becomes == State.PENDING:", "if False:"),
    ),
    mutant(
        "redaction: nothing goes in a database that was restored",
        NEVER_LOST,
        (f"{TESTS}::test_not_in_a_database_that_was_restored",),
        ("jobs/models/retention_rule.py", "WHERE does = %s AND NOT {NOTHING_STARTS}", "WHERE does = %s"),
    ),
    mutant(
        "redaction: both tables are looked at",
        PERMITTED,
        LEFT,
        (SERVICE, "list(TABLES), BEGIN", "list(TABLES[:1]), BEGIN"),
    ),
    mutant(
        "redaction: a person's word is in the audit",
        AUDITED,
        (f"{TESTS}::test_a_person_redacts_one_and_the_audit_says_who_and_why",),
        (KEEPING, "**asker(by),", ""),
    ),
)
