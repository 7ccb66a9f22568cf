"""Tokens: what they open, and what ends them."""

from verification.mutants.record import AUDITED, PERMITTED, mutant

AUTHENTICATION = "jobs/api/authentication.py"
CHANGING = "jobs/tokens/changing.py"
MIGRATION = "jobs/migrations/0052_tokens.py"
MODEL = "jobs/models/token.py"
PAGES = "jobs/web/tokens/pages.py"
SCOPES = "jobs/tokens/scopes.py"

BEARING = "tests/tokens/test_bearing.py"
ENDS = (f"{BEARING}::test_what_ends_it",)
CHANGES = "tests/tokens/test_changing.py"

MUTANTS = (
    mutant(
        "tokens: no more than the scopes",
        PERMITTED,
        (f"{BEARING}::test_a_scope_that_is_missing_is_named",),
        (SCOPES, "rights & scopes", "rights"),
    ),
    mutant(
        "tokens: no more than the owner may",
        PERMITTED,
        (f"{BEARING}::test_a_scope_is_no_right",),
        (SCOPES, "rights & scopes", "scopes"),
    ),
    mutant(
        "tokens: a superuser with scopes is none",
        PERMITTED,
        (f"{BEARING}::test_a_superuser_with_scopes_is_none",),
        (SCOPES, "    user.is_superuser = False\n", ""),
    ),
    mutant(
        "tokens: no job beyond their queues and targets",
        PERMITTED,
        ("tests/tokens/test_reach.py::test_jobs", "tests/tokens/test_reach.py::test_new_jobs"),
        (AUTHENTICATION, ".scoped(queues=about.queues, targets=about.targets)", ""),
    ),
    mutant(
        "tokens: a password that is only hashed anew ends none",
        PERMITTED,
        (f"{BEARING}::test_a_password_that_is_only_hashed_anew_is_the_same",),
        ("jobs/tokens/passwords.py", "    if old and _is_outdated(old):\n", "    if False:\n"),
    ),
    mutant(
        "tokens: one that is set in the same way is a change",
        PERMITTED,
        (f"{BEARING}::test_a_password_that_is_only_hashed_anew_is_the_same",),
        ("jobs/tokens/passwords.py", "    if old and _is_outdated(old):\n", "    if old:\n"),
    ),
    mutant(
        "tokens: a database that fails at the last use fails no request",
        PERMITTED,
        ("tests/tokens/test_uses.py::test_a_database_that_fails_at_it_fails_no_request",),
        ("jobs/tokens/uses.py", "except Exception as error:", "except KeyError as error:"),
    ),
    mutant(
        "tokens: what has ended opens nothing",
        PERMITTED,
        ENDS,
        (AUTHENTICATION, "if why := about.why_ended(now):", "if (why := about.why_ended(now)) and False:"),
    ),
    mutant(
        "tokens: a changed password ends them",
        PERMITTED,
        ENDS,
        (MODEL, "if self.password_mark != password_mark(self.owner.password):", "if False:"),
    ),
    mutant(
        "tokens: an account that is switched off ends them",
        PERMITTED,
        ENDS,
        (MODEL, "if not self.owner.is_active:", "if False:"),
    ),
    mutant(
        "tokens: a right that the owner lacks is no scope",
        PERMITTED,
        (f"{CHANGES}::test_what_is_refused",),
        (CHANGING, "missing = [scope for scope in scopes if scope not in may]", "missing: list[str] = []"),
    ),
    mutant(
        "tokens: nobody makes one for somebody else",
        PERMITTED,
        (f"{CHANGES}::test_nobody_changes_tokens_of_somebody_else_but_a_superuser",),
        (CHANGING, "    if not may_change(by, owner):\n", "    if False:\n"),
    ),
    mutant(
        "tokens: on the way back none can do more than before",
        PERMITTED,
        ("tests/tokens/test_upgrade.py::test_on_the_way_back_those_go_that_could_do_more",),
        (
            MIGRATION,
            "migrations.RunSQL(REFERENCES, THOSE_THAT_MAY_LESS)",
            "migrations.RunSQL(REFERENCES, migrations.RunSQL.noop)",
        ),
    ),
    mutant(
        "tokens: the page of others is not shown",
        PERMITTED,
        ("tests/tokens/test_page.py::test_those_of_others_are_for_superusers",),
        (PAGES, "    if not person.is_superuser:\n", "    if False:\n"),
    ),
    mutant(
        "tokens: the page with the secret is kept by no cache",
        PERMITTED,
        ("tests/tokens/test_page.py::test_a_new_one_is_shown_once_with_a_line_that_works",),
        (PAGES, "    @never_cache  # no-store among others\n", ""),
    ),
    mutant(
        "tokens: an end is audited",
        AUDITED,
        (f"{CHANGES}::test_each_change_is_in_the_audit_and_the_secret_is_not",),
        (CHANGING, "    _note(token, by=by, now=now, before=token.described(), after=None, verb=Change.DELETE)\n", ""),
    ),
    mutant(
        "tokens: more of them are no larger budget",
        PERMITTED,
        ("tests/creation_limits/test_who.py::test_nobody_has_more_by_making_more_tokens",),
        ("jobs/creation_limits/allowances.py", "if token.about.made_by_id == user.pk else", "if False else"),
    ),
)
