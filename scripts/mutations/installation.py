"""Whose messages, lock and database: two installations side by side, and a database that was put back in time."""

from scripts.mutations.record import NEVER_LOST, NEVER_TWICE, ON_TIME, mutant

INTAKE = "jobs/worker/inbox/intake.py"
FOREIGN = "jobs/worker/inbox/foreign.py"
LEADER = "jobs/scheduler/leader.py"
QUERYSETS = "jobs/models/querysets/__init__.py"
LISTING = "jobs/models/querysets/listing.py"
ROW = "jobs/models/installation.py"
WATCH = "jobs/installation/watch.py"
MEMORY = "jobs/installation/memory.py"
RELEASE = "jobs/transitions/restoring.py"
MESSAGES = ("tests/worker/inbox/test_foreign.py",)
IDENTITY = ("tests/installation/test_identity.py",)
RESTORED = ("tests/installation/test_restored.py",)
SIGNS = ("tests/installation/test_watch.py",)

MUTANTS = (
    mutant(
        "identity: what names another installation is not taken",
        NEVER_TWICE,
        MESSAGES,
        (INTAKE, "if not mark or (ours is not None and mark == ours.mark):", "if True:"),
    ),
    mutant(
        "identity: a foreign message goes back",
        NEVER_LOST,
        MESSAGES,
        (INTAKE, "self._foreign.give_back_later(message)", "self._acknowledge_soon(message, True)"),
    ),
    mutant(
        "identity: a foreign message is passed to and fro ever more slowly",
        ON_TIME,
        MESSAGES,
        (FOREIGN, "self._times[message_id] = times + 1", "self._times[message_id] = 0"),
    ),
    mutant(
        "identity: who is not sure whose it is drops nothing",
        NEVER_LOST,
        MESSAGES,
        (INTAKE, "if ours is None or not known.is_sure:", "if ours is None:"),
    ),
    mutant(
        "identity: what is from before a restore does not go around",
        ON_TIME,
        MESSAGES,
        (INTAKE, "elif ours.owns(mark):", "elif False:"),
    ),
    mutant(
        "identity: an installation's leader has a lock of its own",
        ON_TIME,
        IDENTITY,
        ("jobs/installation/__init__.py", "(self.identity.int ^ LOCK_SALT) & LOCK_BITS", "LOCK_SALT"),
    ),
    mutant("restored: nothing is listed", NEVER_TWICE, RESTORED, (LISTING, " AND NOT {HOLDS_ALL}\n", "\n")),
    mutant(
        "restored: nothing is taken",
        NEVER_TWICE,
        RESTORED,
        (QUERYSETS, "(NOT {HOLDS_ALL} AND (SELECT last_value", "((SELECT last_value"),
    ),
    mutant(
        "restored: who has seen a later start takes nothing",
        NEVER_TWICE,
        RESTORED,
        (QUERYSETS, "(SELECT last_value FROM jobs_attempt_id_seq) >= %s)", "%s >= 0)"),
    ),
    mutant(
        "restored: tables of a dump are others",
        NEVER_TWICE,
        RESTORED,
        (ROW, "row.table_oid <> row.tableoid::bigint\n", "false\n"),
    ),
    mutant(
        "restored: a copy of a database is another",
        NEVER_TWICE,
        RESTORED,
        (ROW, "OR row.database_oid <> (SELECT oid::bigint", "OR 0 = (SELECT oid::bigint"),
    ),
    mutant(
        "restored: a new leader looks before it lists",
        NEVER_TWICE,
        RESTORED,
        (
            LEADER,
            "                    self._judge(now)\n                    self.epoch",
            "                    self.epoch",
        ),
    ),
    mutant(
        "restored: a leader whose tables were exchanged stands by",
        NEVER_TWICE,
        RESTORED,
        (WATCH, "WHERE row.held_at IS NULL AND {MOVED})", "WHERE false AND {MOVED})"),
    ),
    mutant(
        "restored: the ledger ends before a start that was made",
        NEVER_TWICE,
        SIGNS,
        (WATCH, "if here.sequence < start:", "if False:"),
    ),
    mutant(
        "restored: less was written than before",
        NEVER_TWICE,
        SIGNS,
        (WATCH, "if here.timeline == remembered.timeline and here.written", "if False and here.written"),
    ),
    mutant(
        "restored: a timeline of which nobody knows more",
        NEVER_TWICE,
        SIGNS,
        (WATCH, "if asked and row.timeline is not None and here.timeline", "if False and here.timeline"),
    ),
    mutant(
        "restored: a promoted standby is no restore",
        ON_TIME,
        SIGNS,
        (WATCH, "if here.timeline == remembered.timeline and here.written", "if here.written"),
    ),
    mutant(
        "restored: what was seen before is kept while all is held",
        NEVER_TWICE,
        RESTORED,
        (LEADER, "elif self._compared and ours.mark != self._held:", "elif self._compared:"),
    ),
    mutant(
        "restored: of two notes the furthest counts",
        NEVER_TWICE,
        ("tests/installation/test_memory.py",),
        (MEMORY, "best = max(known, key", "best = min(known, key"),
    ),
    mutant(
        "released: messages from before are known by their mark",
        NEVER_TWICE,
        RESTORED,
        (RELEASE, "row.incarnation, row.incarnated_at = uuid.uuid4(), now", "row.incarnated_at = now"),
    ),
    mutant(
        "released: a copy has a name of its own",
        NEVER_TWICE,
        RESTORED,
        (RELEASE, "            row.identity = uuid.uuid4()\n", "            pass\n"),
    ),
    mutant(
        "released: what was due and shall not start is cancelled first",
        NEVER_TWICE,
        RESTORED,
        (RELEASE, "if cancel_due_before is not None else 0", "if False else 0"),
    ),
)
