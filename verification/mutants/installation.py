"""Mutants of whose messages, lock and database are used: two installations side by side, one put back in time."""

from verification.mutants.record import NEVER_LOST, NEVER_TWICE, ON_TIME, mutant

STRATEGY = "jobs/worker/receive/strategy.py"
FOREIGN = "jobs/worker/process/foreign.py"
LEADER = "jobs/scheduler/leader.py"
QUERYSETS = "jobs/models/querysets/__init__.py"
LISTING = "jobs/models/querysets/listing.py"
ROW = "jobs/models/installation.py"
WATCH = "jobs/installation/watch.py"
MEMORY = "jobs/installation/memory.py"
RELEASE = "jobs/transitions/restoring.py"

MUTANTS = (
    mutant(
        "identity: what names another installation is not taken",
        NEVER_TWICE,
        ("tests/worker/process/test_foreign.py::test_a_foreign_one_goes_back_after_its_pause",),
        (STRATEGY, "if not mark or (ours is not None and mark == ours.mark):", "if True:"),
    ),
    mutant(
        "identity: a foreign message goes back",
        NEVER_LOST,
        ("tests/worker/process/test_foreign.py::test_a_foreign_one_goes_back_after_its_pause",),
        (STRATEGY, "self._foreign.give_back_later(message)", "self._acknowledge_soon(message, True)"),
    ),
    mutant(
        "identity: a foreign message is passed to and fro ever more slowly",
        ON_TIME,
        ("tests/worker/process/test_foreign.py::test_one_that_comes_again_and_again_waits_longer_each_time",),
        (FOREIGN, "self._times[message_id] = times + 1", "self._times[message_id] = 0"),
    ),
    mutant(
        "identity: who is not sure whose it is drops nothing",
        NEVER_LOST,
        ("tests/worker/process/test_foreign.py::test_who_is_not_sure_asks_and_looks_again",),
        (STRATEGY, "if ours is None or not known.is_sure:", "if ours is None:"),
    ),
    mutant(
        "identity: what is from before a restore does not go around",
        ON_TIME,
        ("tests/worker/process/test_foreign.py::test_one_of_ours_from_before_a_restore_is_dropped",),
        (STRATEGY, "elif ours.owns(mark):", "elif False:"),
    ),
    mutant(
        "identity: an installation's leader has a lock of its own",
        ON_TIME,
        ("tests/installation/test_identity.py::test_two_installations_in_one_database_both_lead",),
        ("jobs/installation/identity.py", "(self.identity.int ^ LOCK_SALT) & LOCK_BITS", "LOCK_SALT"),
    ),
    mutant(
        "restored: nothing is listed",
        NEVER_TWICE,
        ("tests/installation/test_restored.py::test_nothing_is_listed_or_taken_even_before_a_beat_has_noticed",),
        (LISTING, " AND NOT {NOTHING_STARTS}\n", "\n"),
    ),
    mutant(
        "restored: nothing is taken",
        NEVER_TWICE,
        ("tests/installation/test_restored.py::test_nothing_is_listed_or_taken_even_before_a_beat_has_noticed",),
        (QUERYSETS, "(NOT {NOTHING_STARTS} AND (SELECT last_value", "((SELECT last_value"),
    ),
    mutant(
        "restored: who has seen a later start takes nothing",
        NEVER_TWICE,
        ("tests/installation/test_restored.py::test_a_worker_that_has_seen_a_later_start_takes_nothing",),
        (QUERYSETS, "(SELECT last_value FROM jobs_attempt_id_seq) >= %s)", "%s >= 0)"),
    ),
    mutant(
        "restored: tables of a dump are others",
        NEVER_TWICE,
        ("tests/installation/test_restored.py::test_nothing_is_listed_or_taken_even_before_a_beat_has_noticed",),
        (ROW, "row.table_oid <> row.tableoid::bigint\n", "false\n"),
    ),
    mutant(
        "restored: a copy of a database is another",
        NEVER_TWICE,
        ("tests/installation/test_restored.py::test_nothing_is_listed_or_taken_in_a_copy_of_the_database",),
        (ROW, "OR row.database_oid <> (SELECT oid::bigint", "OR 0 = (SELECT oid::bigint"),
    ),
    mutant(
        "restored: a new leader looks before it lists",
        NEVER_TWICE,
        ("tests/installation/test_restored.py::test_the_next_leader_holds_all_and_says_why",),
        (
            LEADER,
            "                    self._judge(now)\n                    self.epoch",
            "                    self.epoch",
        ),
    ),
    mutant(
        "restored: a leader whose tables were exchanged stands by",
        NEVER_TWICE,
        ("tests/installation/test_restored.py::test_a_leader_under_which_the_tables_are_exchanged_stands_by",),
        (WATCH, "WHERE row.held_at IS NULL AND {MOVED})", "WHERE false AND {MOVED})"),
    ),
    mutant(
        "restored: the ledger ends before a start that was made",
        NEVER_TWICE,
        ("tests/installation/test_watch.py::test_alarms",),
        (WATCH, "if here.sequence < start:", "if False:"),
    ),
    mutant(
        "restored: less was written than before",
        NEVER_TWICE,
        ("tests/installation/test_watch.py::test_alarms",),
        (WATCH, "if here.timeline == remembered.timeline and here.written", "if False and here.written"),
    ),
    mutant(
        "restored: a timeline of which nobody knows more",
        NEVER_TWICE,
        ("tests/installation/test_watch.py::test_alarms",),
        (WATCH, "if asked and row.timeline is not None and here.timeline", "if False and here.timeline"),
    ),
    mutant(
        "restored: a promoted standby is no restore",
        ON_TIME,
        ("tests/installation/test_watch.py::test_no_alarm",),
        (WATCH, "if here.timeline == remembered.timeline and here.written", "if here.written"),
    ),
    mutant(
        "restored: what was seen before is kept while all is held",
        NEVER_TWICE,
        ("tests/installation/test_restored.py::test_what_was_seen_before_a_restore_is_kept_while_all_is_held",),
        (LEADER, "elif self._compared and ours.mark != self._restored:", "elif self._compared:"),
    ),
    mutant(
        "restored: of two notes the furthest counts",
        NEVER_TWICE,
        ("tests/installation/test_memory.py::test_of_two_notes_the_furthest_counts",),
        (MEMORY, "best = max(known, key", "best = min(known, key"),
    ),
    mutant(
        "released: messages from before are known by their mark",
        NEVER_TWICE,
        ("tests/installation/test_restored.py::test_released_all_that_was_due_is_listed_anew",),
        (RELEASE, "row.incarnation, row.incarnated_at = uuid.uuid4(), now", "row.incarnated_at = now"),
    ),
    mutant(
        "released: a copy has a name of its own",
        NEVER_TWICE,
        ("tests/installation/test_restored.py::test_a_copy_takes_a_name_of_its_own",),
        (RELEASE, "            row.identity = uuid.uuid4()\n", "            pass\n"),
    ),
    mutant(
        "released: what was due and shall not start is cancelled first",
        NEVER_TWICE,
        ("tests/installation/test_restored.py::test_what_was_due_before_a_moment_is_cancelled_and_audited",),
        (RELEASE, "if cancel_due_before is not None else 0", "if False else 0"),
    ),
)
