"""Mutants of the figures of the past: no stretch of time is missing, and none is counted twice."""

from verification.mutants.record import NEVER_LOST, NEVER_TWICE, mutant

ADDING = "jobs/models/rollups/adding.py"
TESTS = "tests/rollups/test_adding.py"

MUTANTS = (
    mutant(
        "figures: the position moves with what is added",
        NEVER_TWICE,
        (f"{TESTS}::test_what_has_ended_is_counted_once_in_each_step",),
        (ADDING, "upto = greatest(upto, (SELECT max(id) FROM fresh))", "upto = upto"),
    ),
    mutant(
        "figures: an end is looked for once",
        NEVER_TWICE,
        (f"{TESTS}::test_a_start_is_counted_when_it_is_seen_and_its_end_when_it_is_there",),
        (ADDING, "WHERE outcome IS NOT NULL OR (id IS NULL AND", "WHERE false AND (id IS NULL AND"),
    ),
    mutant(
        "figures: what has not ended is looked for again",
        NEVER_LOST,
        (f"{TESTS}::test_a_start_is_counted_when_it_is_seen_and_its_end_when_it_is_there",),
        (ADDING, "WHERE outcome IS NULL AND id > (SELECT upto FROM pos)", "WHERE false"),
    ),
    mutant(
        "figures: what commits late is looked for",
        NEVER_LOST,
        (f"{TESTS}::test_a_start_that_commits_after_later_ones_is_counted",),
        (ADDING, "id - 1) AS one WHERE missing > 0", "id - 1) AS one WHERE false"),
    ),
    mutant(
        "figures: an id is given up only when no transaction can have it",
        NEVER_LOST,
        (f"{TESTS}::test_a_start_that_commits_after_later_ones_is_counted",),
        (ADDING, " AND open.fence <= pg_snapshot_xmin(pg_current_snapshot())", ""),
    ),
    mutant(
        "figures: two leaders count once",
        NEVER_TWICE,
        (f"{TESTS}::test_who_has_looked_before_another_moved_the_position_counts_nothing",),
        (ADDING, "WHERE id = 1 AND turn = (SELECT turn FROM jobs_rollupposition WHERE id = 1)", "WHERE id = 1"),
    ),
)
