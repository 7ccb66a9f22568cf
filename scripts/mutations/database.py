"""The database's clock, and what every session of it must be."""

from scripts.mutations.record import NEVER_EARLY, NEVER_LOST, NEVER_TWICE, ON_TIME, mutant

CLOCK = "jobs/clock.py"
SESSION = "project/postgresql/session.py"
BASE = "project/postgresql/base.py"
LEADER = "jobs/scheduler/leader.py"
CLOCK_TESTS = ("tests/test_clock.py",)
SESSION_TESTS = ("tests/postgresql/test_session.py",)
ERROR_TESTS = ("tests/postgresql/test_errors.py",)

MUTANTS = (
    mutant(
        "clock: by the lower bound, not by the likely time",
        NEVER_EARLY,
        CLOCK_TESTS,
        (
            CLOCK,
            "self._reading = Reading(lower, uncertainty)",
            "self._reading = Reading(lower + uncertainty, uncertainty)",
        ),
    ),
    mutant(
        "clock: an answer was true by the end of its round trip",
        NEVER_EARLY,
        CLOCK_TESTS,
        (
            CLOCK,
            "low, high = database - ended, database - started",
            "low, high = database - started, database - started",
        ),
    ),
    mutant(
        "clock: what was measured before a step does not count",
        NEVER_EARLY,
        CLOCK_TESTS,
        (CLOCK, "if low > upper or high < lower:", "if False:"),
    ),
    mutant(
        "clock: a step of this machine moves no timer",
        NEVER_EARLY,
        CLOCK_TESTS,
        (CLOCK, "return steady() + self._reading.anchor", "return time.time() + self.offset"),
    ),
    mutant(
        "clock: one that has run ahead is put back",
        NEVER_EARLY,
        CLOCK_TESTS,
        (CLOCK, "elif asked > read.timestamp():", "elif False:"),
    ),
    mutant(
        "clock: two that have parted are compared again",
        NEVER_EARLY,
        CLOCK_TESTS,
        (CLOCK, "if not asked - STEP <= read.timestamp() <= self.timestamp() + STEP:", "if False:"),
    ),
    mutant(
        "session: none that cannot write",
        NEVER_LOST,
        SESSION_TESTS,
        (SESSION, "    if not writable:\n", "    if False:\n"),
    ),
    mutant(
        "session: one that can write no longer is found before a body",
        NEVER_LOST,
        ERROR_TESTS,
        (BASE, "return bool(cursor.fetchone()[0])", "return True"),
    ),
    mutant(
        "session: one that has seen an error is replaced",
        NEVER_LOST,
        ERROR_TESTS,
        (BASE, "            self.wrapper.suspect = True\n", "            pass\n"),
    ),
    mutant(
        "session: not in the middle of a transaction",
        NEVER_TWICE,
        ERROR_TESTS,
        (BASE, "if self.suspect and self.autocommit and not self.in_atomic_block:", "if self.suspect:"),
    ),
    mutant(
        "session: what others have committed is seen after a lock",
        NEVER_TWICE,
        SESSION_TESTS,
        (SESSION, '    "default_transaction_isolation": "read committed",\n', ""),
    ),
    mutant(
        "session: a start is a durable commit",
        NEVER_TWICE,
        SESSION_TESTS,
        (SESSION, "WHEN 'off' THEN 'on' ELSE", "WHEN 'off' THEN 'off' ELSE"),
    ),
    mutant(
        "session: tables are not looked for elsewhere",
        NEVER_LOST,
        SESSION_TESTS,
        (SESSION, "if before is not None and before != after and", "if False and"),
    ),
    mutant(
        "session: a leader that cannot write stands by",
        ON_TIME,
        ("tests/scheduler/test_lease.py",),
        (LEADER, "        if not writable:\n            raise sessions.ReadOnly\n", ""),
    ),
    mutant(
        "session: nor does its sign of life count",
        ON_TIME,
        ("tests/scheduler/test_lease.py",),
        (LEADER, 'if not self._ask(f"SELECT {sessions.WRITABLE}"):', 'if self._ask("SELECT true"):'),
    ),
)
