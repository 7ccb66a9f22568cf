"""Mutants of secrets: who may have them, who sees them, and that nothing tells them."""

from verification.mutants.record import AUDITED, PERMITTED, mutant

LENDING = "jobs/targets/secrecy/lending.py"
SHOWING = "jobs/targets/secrecy/showing.py"
LENT = "tests/secrets/test_lending.py"
EDITS = "tests/secrets/test_edits.py"
CANARY = "tests/secrets/test_canary.py"
TELLS = f"{CANARY}::test_bodies_that_tell_all_they_know"

MUTANTS = (
    mutant(
        "secrets: for their targets",
        PERMITTED,
        (f"{LENT}::test_a_target_that_it_is_not_for",),
        (LENDING, "elif target not in declared.targets:", "elif False:"),
    ),
    mutant(
        "secrets: for their hosts",
        PERMITTED,
        (f"{LENT}::test_a_host_that_it_is_not_for",),
        (LENDING, "if not any(one.names(host, port) for one in _hosts(declared.hosts)):", "if False:"),
    ),
    mutant(
        "secrets: by TLS",
        PERMITTED,
        (f"{LENT}::test_a_host_that_it_is_not_for",),
        (LENDING, 'if scheme != "https" and not declared.plain_http:', "if False:"),
    ),
    mutant(
        "secrets: for their teams, when a job is made",
        PERMITTED,
        (f"{LENT}::test_a_team_that_it_is_not_for",),
        (
            "jobs/rules/checking.py",
            "if new is not None and conf().secrets and",
            "if new is None and conf().secrets and",
        ),
    ),
    mutant(
        "secrets: for their teams, each of many jobs",
        PERMITTED,
        (f"{LENT}::test_of_many_jobs_each_is_asked_whose_it_is",),
        (
            "jobs/rules/many.py",
            'if conf().secrets and next(found(asked.get("payload")), None) is not None:',
            "if False:",
        ),
    ),
    mutant(
        "secrets: asked again when a job starts",
        PERMITTED,
        (f"{LENT}::test_a_row_by_sql_to_another_host_or_of_another_team",),
        (
            "jobs/transitions/admission.py",
            "if not broken and isinstance(row.payload, Referring):",
            "if False:",
        ),
    ),
    mutant(
        "secrets: asked again where the call is put together",
        PERMITTED,
        (f"{LENT}::test_what_is_not_for_the_target_is_no_argument_for_it",),
        (
            "jobs/targets/entries.py",
            '''these. Raises InvalidArguments."""
        if refused := lending.problems(self.name, self.address, payload):''',
            '''these. Raises InvalidArguments."""
        if refused := []:''',
        ),
    ),
    mutant(
        "secrets: our own settings are none",
        PERMITTED,
        ("tests/secrets/test_declared.py::test_our_own_settings_cannot_be_named",),
        ("jobs/secrets/declared.py", 'VARIABLE = r"^RUNAT_SECRET_[A-Za-z0-9_]+$"', 'VARIABLE = r"^[A-Za-z0-9_]+$"'),
    ),
    mutant(
        "secrets: no link leads out of their folder",
        PERMITTED,
        ("tests/secrets/test_declared.py::test_a_link_out_of_the_folder_is_not_followed",),
        ("jobs/secrets/declared.py", "if not path.is_relative_to(whole) or not", "if not"),
    ),
    mutant(
        "hidden: an edit takes nothing to another host",
        PERMITTED,
        (f"{EDITS}::test_it_is_not_taken_to_another_host",),
        (SHOWING, "or goes_elsewhere(target, before, payload):", "or False:"),
    ),
    mutant(
        "hidden: nor does whoever starts a trigger",
        PERMITTED,
        (f"{EDITS}::test_whoever_starts_a_trigger_does_not_take_it_elsewhere",),
        (
            "jobs/transitions/given.py",
            "    if given and targets.goes_elsewhere(",
            "    if False and targets.goes_elsewhere(",
        ),
    ),
    mutant(
        "hidden: only who may sees them",
        PERMITTED,
        (f"{CANARY}::test_a_token_has_that_right_only_with_its_scope",),
        (SHOWING, "if sees_secrets or payload is None:", "if True or payload is None:"),
    ),
    mutant(
        "hidden: of a target that is not there",
        PERMITTED,
        ("tests/secrets/test_marks.py::test_of_a_target_that_is_not_there_nothing_is_shown",),
        (SHOWING, "return hiding.all_hidden(payload)", "return payload"),
    ),
    mutant(
        "hidden: the audit has none",
        AUDITED,
        (f"{EDITS}::test_another_value_is_taken", f"{EDITS}::test_the_audit_keeps_none"),
        ("jobs/models/described.py", '_payload(row) if name == "payload" else', "_plain(row.payload) if False else"),
    ),
    mutant(
        "secrets: not in results",
        PERMITTED,
        (TELLS,),
        ("jobs/worker/run/results.py", "    return storable(clean(str(value)))", "    return storable(str(value))"),
    ),
    mutant(
        "secrets: not in the lines of a body",
        PERMITTED,
        (TELLS,),
        ("jobs/targets/execution.py", "Lines(self._clean)", "Lines()"),
    ),
    mutant(
        "secrets: not in what a worker prints",
        PERMITTED,
        (TELLS,),
        ("jobs/worker/run/capture.py", "self._stream.write(body.execution.clean(text))", "self._stream.write(text)"),
    ),
    mutant(
        "secrets: not in a worker's log",
        PERMITTED,
        (TELLS,),
        ("jobs/worker/run/capture.py", "record if shown == text else _as_shown(record, shown)", "record"),
    ),
)
