"""The database's clock, and what every session of it must be."""

from verification.mutants.record import NEVER_EARLY, NEVER_LOST, NEVER_TWICE, ON_TIME, mutant

CLOCK = "jobs/clock.py"
SESSION = "jobs/postgresql/session.py"
BASE = "jobs/postgresql/base.py"
LEADER, LOCK = "jobs/scheduler/leader.py", "jobs/scheduler/locksession.py"

MUTANTS = (
    mutant(
        "clock: by the lower bound, not by the likely time",
        NEVER_EARLY,
        ("tests/test_clock.py::test_it_is_never_ahead_of_the_databases_however_far_that_is",),
        (
            CLOCK,
            "self._reading = Reading(lower, uncertainty)",
            "self._reading = Reading(lower + uncertainty, uncertainty)",
        ),
    ),
    mutant(
        "clock: an answer was true by the end of its round trip",
        NEVER_EARLY,
        ("tests/test_clock.py::test_it_is_never_ahead_of_the_databases_however_far_that_is",),
        (
            CLOCK,
            "low, high = database - ended, database - started",
            "low, high = database - started, database - started",
        ),
    ),
    mutant(
        "clock: what was measured before a step does not count",
        NEVER_EARLY,
        ("tests/test_clock.py::test_a_clock_that_is_stepped_while_it_is_measured_is_read_as_it_is_after_that",),
        (CLOCK, "if low > upper or high < lower:", "if False:"),
    ),
    mutant(
        "clock: a step of this machine moves no timer",
        NEVER_EARLY,
        ("tests/test_clock.py::test_a_step_of_this_machine_moves_no_timer",),
        (CLOCK, "return steady() + self._reading.anchor", "return time.time() + self.offset"),
    ),
    mutant(
        "clock: one that has run ahead is put back",
        NEVER_EARLY,
        ("tests/test_clock.py::test_a_clock_that_has_run_ahead_is_put_back_by_what_an_answer_shows",),
        (CLOCK, "elif asked > read.timestamp():", "elif False:"),
    ),
    mutant(
        "clock: two that have parted are compared again",
        NEVER_EARLY,
        ("tests/test_clock.py::test_two_clocks_that_have_parted_are_compared_again",),
        (CLOCK, "if not asked - STEP <= read.timestamp() <= self.timestamp() + STEP:", "if False:"),
    ),
    mutant(
        "session: none that cannot write",
        NEVER_LOST,
        ("tests/postgresql/test_session.py::test_a_session_that_cannot_write_is_refused_and_left",),
        (SESSION, "    if not writable:\n", "    if False:\n"),
    ),
    mutant(
        "session: one that can write no longer is found before a body",
        NEVER_LOST,
        (
            "tests/postgresql/test_errors.py::test_a_session_that_has_become_read_only_is_found_before_the_next_request_and_body",
        ),
        (BASE, "return bool(cursor.fetchone()[0])", "return True"),
    ),
    mutant(
        "session: one that has seen an error is replaced",
        NEVER_LOST,
        ("tests/postgresql/test_errors.py::test_after_any_other_error_the_next_statement_has_another_session",),
        (BASE, "            self.wrapper.suspect = True\n", "            pass\n"),
    ),
    mutant(
        "session: not in the middle of a transaction",
        NEVER_TWICE,
        (
            "tests/postgresql/test_errors.py::test_a_transaction_begun_by_hand_is_not_lost_in_silence",
            "tests/postgresql/test_errors.py::test_within_a_transaction_it_stays_until_that_is_over",
        ),
        (BASE, "if self.suspect and self.autocommit and not self.in_atomic_block:", "if self.suspect:"),
    ),
    mutant(
        "session: what others have committed is seen after a lock",
        NEVER_TWICE,
        ("tests/postgresql/test_session.py::test_a_session_whose_settings_were_discarded_is_set_anew",),
        (SESSION, '    "default_transaction_isolation": "read committed",\n', ""),
    ),
    mutant(
        "session: a start is a durable commit",
        NEVER_TWICE,
        ("tests/postgresql/test_session.py::test_no_default_of_the_database_or_the_role_reaches_a_session",),
        (SESSION, "WHEN 'off' THEN 'on' ELSE", "WHEN 'off' THEN 'off' ELSE"),
    ),
    mutant(
        "session: tables are not looked for elsewhere",
        NEVER_LOST,
        (
            "tests/postgresql/test_session.py::test_tables_in_a_schema_that_only_a_default_names_are_not_made_anew_elsewhere",
        ),
        (SESSION, "if before is not None and before != after and", "if False and"),
    ),
    mutant(
        "session: a leader that cannot write stands by",
        ON_TIME,
        ("tests/scheduler/test_lease.py::test_a_leader_that_can_write_no_longer_stands_by",),
        (LEADER, "        if not writable:\n            raise sessions.ReadOnly\n", ""),
    ),
    mutant(
        "session: nor does its sign of life count",
        ON_TIME,
        ("tests/scheduler/test_lease.py::test_a_sign_of_life_of_one_that_can_write_no_longer_does_not_count",),
        (LOCK, 'self._ask(f"SELECT {sessions.WRITABLE}, true")', 'self._ask("SELECT true, true")'),
    ),
)
