"""Mutants of what leaves the table of jobs, and of what is removed: nothing that somebody needs goes."""

from verification.mutants.record import NEVER_LOST, NEVER_TWICE, TRUE_END, mutant

MOVES = "jobs/transitions/history.py"
SERVICE = "jobs/scheduler/history.py"
DAYS = "jobs/rules/keeping.py"
MOVING = "tests/history/test_moving.py"
REMOVING = "tests/history/test_removing.py"
KEPT = "tests/history/test_kept.py"

MUTANTS = (
    mutant(
        "history: it moves in one transaction",
        NEVER_LOST,
        (f"{MOVING}::test_who_dies_in_the_middle_has_moved_nothing",),
        (
            MOVES,
            "transaction.atomic(), connection.cursor() as cursor:\n        cursor.execute(LOCK,",
            "connection.cursor() as cursor:\n        cursor.execute(LOCK,",
        ),
    ),
    mutant(
        "history: what somebody waits for stays",
        NEVER_LOST,
        (f"{MOVING}::test_what_somebody_waits_for_stays_until_that_is_over",),
        (MOVES, "AND waiting.state = 0", "AND waiting.state = 1"),
    ),
    mutant(
        "history: a batch stays together until it is over",
        NEVER_LOST,
        (f"{MOVING}::test_a_batch_stays_while_a_job_of_it_has_not_ended",),
        (MOVES, "other.batch_id = job.batch_id AND other.state IN (0, 1)", "false"),
    ),
    mutant(
        "history: a start that nobody has settled keeps its job",
        NEVER_LOST,
        (f"{MOVING}::test_a_start_that_nobody_has_settled_keeps_its_job",),
        (MOVES, "WHERE start.job_id = job.id AND start.outcome IS NULL", "WHERE false"),
    ),
    mutant(
        "history: a start is settled only when the life that made it is over",
        TRUE_END,
        (f"{MOVING}::test_a_start_that_nobody_has_settled_keeps_its_job",),
        (MOVES, "its.session = start.session AND its.gone_at IS NULL", "false"),
    ),
    mutant(
        "history: a repeat of a request is known",
        NEVER_TWICE,
        (f"{MOVING}::test_a_request_is_known_by_its_key_for_a_week",),
        (MOVES, "(idempotency_key IS NULL OR created_at < %(keys_before)s)", "(%(keys_before)s IS NOT NULL)"),
    ),
    mutant(
        "history: the row of the latest start stays",
        NEVER_TWICE,
        (f"{MOVING}::test_the_job_of_the_latest_start_stays",),
        (
            MOVES,
            "AND id <> coalesce((SELECT job_id FROM jobs_attempt ORDER BY id DESC LIMIT 1), 0) AS may_go",
            "AS may_go",
        ),
    ),
    mutant(
        "history: nothing moves before a person has switched it on",
        NEVER_LOST,
        (f"{MOVING}::test_nothing_moves_where_it_is_off_or_the_database_was_restored",),
        (MOVES, "WHERE {REMOVES} AND {OVER}", "WHERE {OVER}"),
    ),
    mutant(
        "history: nothing is removed before a person has switched it on",
        NEVER_LOST,
        (f"{REMOVING}::test_nothing_goes_where_it_is_off_or_the_database_was_restored",),
        (SERVICE, "if not Installation.removes():", "if not Installation.removes() and False:"),
    ),
    mutant(
        "history: a day goes when it has come",
        NEVER_LOST,
        (f"{REMOVING}::test_a_day_goes_when_it_has_come",),
        (SERVICE, "if partition.day > today:", "if False:"),
    ),
    mutant(
        "history: what was not exported stays",
        NEVER_LOST,
        (f"{REMOVING}::test_what_is_not_exported_stays_and_is_told_once",),
        (SERVICE, "conf().remove_exported_only and not partition.exported", "False"),
    ),
    mutant(
        "history: what is kept has no day",
        NEVER_LOST,
        (f"{KEPT}::test_one_of_the_table_goes_to_the_partition_without_a_day",),
        (MOVES, "jobs_kept.job_id = job.id) THEN NULL", "jobs_kept.job_id = job.id) THEN asked.remove_on"),
    ),
    mutant(
        "history: what comes in has a day that is to come",
        NEVER_LOST,
        ("tests/test_keeping.py::test_it_is_not_before_tomorrow",),
        (DAYS, "return max(day, today + timedelta(days=1))", "return day"),
    ),
)
