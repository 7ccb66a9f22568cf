"""Mutants of how people come in, and of what roles of the database and lines of the log may do."""

from verification.mutants.record import PERMITTED, mutant

FORMS = "project/account/forms.py"
TOTP = "project/account/totp.py"
TOTP_TESTS = "tests/account/test_totp.py"

MUTANTS = (
    mutant(
        "coming in, login: nobody comes in without the code",
        PERMITTED,
        (f"{TOTP_TESTS}::test_pages_admin_and_rest_know_nobody_without_the_code",),
        (FORMS, "if not totp.is_set_up(user):", "if True:"),
    ),
    mutant(
        "coming in, login: a wrong code counts as a wrong password",
        PERMITTED,
        (f"{TOTP_TESTS}::test_wrong_codes_are_counted_as_wrong_passwords_are",),
        (FORMS, "user_login_failed.send(sender=__name__, credentials=credentials, request=self.request)", "pass"),
    ),
    mutant(
        "coming in, login: a code is a code once it is confirmed",
        PERMITTED,
        (f"{TOTP_TESTS}::test_a_key_that_waits_does_not_replace_one_in_force",),
        (TOTP, "if device is None or is_set_up(user) or not", "if device is None or not"),
    ),
    mutant(
        "coming in, single sign-on: groups follow each login",
        PERMITTED,
        ("tests/account/test_oidc.py::test_groups_follow_what_the_provider_says",),
        ("project/account/oidc.py", "        if sociallogin.is_existing:\n", "        if False:\n"),
    ),
    mutant(
        "coming in, periodic tasks: to enable one is to change it",
        PERMITTED,
        ("tests/admin/test_periodic.py::test_whoever_may_only_look_enables_disables_and_sends_nothing",),
        ("jobs/admin/periodic.py", 'description="Send now", permissions=["change"]', 'description="Send now"'),
    ),
    mutant(
        "coming in, grant_insert: no column that decides about a start",
        PERMITTED,
        ("tests/test_grant_insert.py::test_it_inserts_jobs_and_may_do_nothing_else",),
        (
            "jobs/management/commands/grant_insert.py",
            '"GRANT INSERT ({columns}) ON {schema}.{table} TO {role}"',
            '"GRANT INSERT ON {schema}.{table} TO {role}"',
        ),
    ),
    mutant(
        "coming in, log: a record is one line",
        PERMITTED,
        ("tests/test_logs.py::test_a_line_stays_one_whatever_is_in_it",),
        ("project/logs.py", "record.message = one_line(record.message)", "pass"),
    ),
    mutant(
        "coming in, log: what a body says in JSON has no secret of its job",
        PERMITTED,
        ("tests/test_json_lines.py::test_what_a_body_says_names_its_attempt_and_no_secret",),
        ("project/json_lines.py", "return clean(_text(value))[:LONGEST]", "return _text(value)[:LONGEST]"),
    ),
)
