"""Jobs that wait for others: no end is overlooked, and no start."""

from verification.mutants.record import NEVER_LOST, ON_TIME, mutant

CHANGING = "jobs/transitions/changing.py"
UNBLOCK = "jobs/transitions/dependencies/unblock.py"
BLOCK = "jobs/transitions/dependencies/block.py"
FINISHING = "jobs/transitions/finishing.py"
ACQUIRING = "jobs/transitions/acquiring.py"
QUERIES = "jobs/models/querysets/dependencies.py"

MUTANTS = (
    mutant(
        "waiting: the end looks for those that wait",
        NEVER_LOST,
        ("tests/transitions/test_waiting.py::test_it_waits_and_starts_when_the_other_has_completed",),
        (FINISHING, "if awaited:", "if not awaited:"),
    ),
    mutant(
        "waiting: a refusal looks for them too",
        NEVER_LOST,
        ("tests/transitions/test_waiting.py::test_one_that_is_refused_at_its_time_has_ended",),
        (
            ACQUIRING,
            "    if ended:\n        dependencies.ended(ended, now=now)",
            "    if ended:\n        pass",
        ),
    ),
    mutant(
        "waiting: so does the refusal of the ledger",
        NEVER_LOST,
        ("tests/transitions/test_waiting.py::test_one_that_the_ledger_refuses_has_ended",),
        (ACQUIRING, "dependencies.ended([wanted[0].job_id][:failed], now=now)", "pass"),
    ),
    mutant(
        "waiting: so does a person's word",
        NEVER_LOST,
        ("tests/transitions/test_waiting.py::test_a_cancelled_one_has_ended",),
        (CHANGING, "            dependencies.ended([job.pk], now=asked.now)", "            pass"),
    ),
    mutant(
        "waiting: one that has ended may come back",
        NEVER_LOST,
        (
            "tests/transitions/test_waiting.py::test_one_that_had_ended_before_and_is_retried_is_noticed_too",
            "tests/transitions/test_waiting.py::test_a_retry_calls_nobody_back_and_those_who_wait_go_on_waiting",
        ),
        (QUERIES, "AND state <> %(completed)s", "AND state IN (0, 1, 5) AND state <> %(completed)s"),
    ),
    mutant(
        "waiting: what was locked is looked at again after the commit",
        NEVER_LOST,
        ("tests/concurrency/test_waiting.py::test_the_second_of_two_looks_again_after_its_commit",),
        (UNBLOCK, "        transaction.on_commit(lambda: _look_again(waiting), robust=True)", "        pass"),
    ),
    mutant(
        "waiting: that look waits for the row",
        NEVER_LOST,
        (
            "tests/concurrency/test_waiting.py::test_two_that_end_at_once_let_it_go_however_often",
            "tests/concurrency/test_waiting.py::test_the_second_of_two_looks_again_after_its_commit",
        ),
        (UNBLOCK, "now=clock.current(), wait=True)", "now=clock.current())"),
    ),
    mutant(
        "waiting: no end waits for a row",
        ON_TIME,
        ("tests/concurrency/test_waiting.py::test_somebody_who_keeps_the_row_delays_no_end",),
        (QUERIES, "skip_locked=not wait", "skip_locked=False"),
    ),
    mutant(
        "waiting: a beginning has the rows of those that it waits for",
        NEVER_LOST,
        (
            "tests/concurrency/test_waiting.py::test_an_end_waits_for_a_beginning",
            "tests/concurrency/test_waiting.py::test_one_that_ends_while_another_is_tied_to_it_lets_it_go",
        ),
        (QUERIES, "ORDER BY id FOR NO KEY UPDATE\n), marked", "ORDER BY id\n), marked"),
    ),
    mutant(
        "waiting: what has ended before the lock is asked for again under it",
        NEVER_LOST,
        ("tests/concurrency/test_waiting_for_many.py::test_one_that_ends_while_the_bulk_is_written_is_not_overlooked",),
        (BLOCK, "    _unblock_of(waits, others - may_end - over, now)", "    pass"),
    ),
    mutant(
        "waiting: their rows are locked after all is written",
        ON_TIME,
        (
            "tests/concurrency/test_waiting_for_many.py::test_the_rows_of_those_that_a_bulk_waits_for_are_locked_for_a_small_part_of_it",
            "tests/concurrency/test_waiting_for_many.py::test_what_a_bulk_waits_for_is_listed_started_and_ended_while_it_is_written",
        ),
        (
            BLOCK,
            "    Dependency.objects.bulk_create(",
            "    _over_and_locked = Job.objects.to_be_waited_for(set().union(*waits.values()))\n"
            "    Dependency.objects.bulk_create(",
        ),
    ),
    mutant(
        "waiting: the pairs are looked up before the rows are locked",
        ON_TIME,
        ("tests/concurrency/test_waiting_for_many.py::test_the_pairs_are_looked_up_before_the_rows_are_locked",),
        (BLOCK, "    connection.check_constraints()", "    pass"),
    ),
    mutant(
        "waiting: the list query takes what is only kept",
        ON_TIME,
        (
            "tests/concurrency/test_waiting_for_many.py::test_what_a_bulk_waits_for_is_listed_started_and_ended_while_it_is_written",
        ),
        ("jobs/models/querysets/listing.py", "    FOR NO KEY UPDATE SKIP LOCKED", "    FOR UPDATE SKIP LOCKED"),
    ),
    mutant(
        "waiting: a message that meets a beginning is sent again",
        ON_TIME,
        ("tests/concurrency/test_waiting.py::test_a_message_that_meets_a_beginning_is_sent_again",),
        (BLOCK, "    publishing.late_publisher.missed_at_commit(published)", "    pass"),
    ),
    mutant(
        "waiting: a list query that meets a beginning is made up for",
        ON_TIME,
        ("tests/concurrency/test_waiting.py::test_a_list_query_that_meets_a_beginning_is_made_up_for",),
        (BLOCK, "    publishing.late_publisher.overtaken_at_commit(", "    list("),
    ),
    mutant(
        "waiting: the leader finds those that wait in vain",
        NEVER_LOST,
        (
            "tests/transitions/test_waiting_unnoticed.py::test_the_leader_finds_what_waits_in_vain_while_others_are_open",
        ),
        (QUERIES, "Q(~still_open) | Q(wants_success, broken)", "Q(~still_open)"),
    ),
)
