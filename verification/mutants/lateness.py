"""Mutants of why jobs are late: of the causes, and of what is written down of what was away."""

from verification.mutants.record import PERMITTED, mutant

EXPLAINED = "explained"
CAUSES = "tests/lateness/test_causes.py::"
EACH = "tests/lateness/test_each.py::"
OUTAGES = "tests/scheduler/test_outages.py::"

MUTANTS = (
    mutant(
        "lateness: the longest cause is told",
        EXPLAINED,
        (CAUSES + "test_the_longest_of_several_causes_is_told",),
        ("jobs/lateness/deciding.py", "longest = max(spans, ", "longest = min(spans, "),
    ),
    mutant(
        "lateness: a lost start is its first",
        EXPLAINED,
        (EACH + "test_each_late_job_is_explained_by_its_own_cause",),
        ("jobs/lateness/deciding.py", "if not was_lost(start) or _was_retried(facts, start.finished_at):", "if True:"),
    ),
    mutant(
        "lateness: the metric counts missed times, not rows",
        EXPLAINED,
        (EACH + "test_each_missed_start_is_explained_by_its_own_cause",),
        ("jobs/monitor/late_figures.py", "missed[str(cause)] += times", "missed[str(cause)] += 1"),
    ),
    mutant(
        "lateness: the metric has skipped jobs, too",
        EXPLAINED,
        (EACH + "test_each_missed_start_is_explained_by_its_own_cause",),
        ("jobs/monitor/late_figures.py", "for job in skipped[:MOST])", "for job in skipped[:0])"),
    ),
    mutant(
        "lateness: what is stored stays known",
        EXPLAINED,
        ("tests/lateness/test_stored_sentences.py",),
        (
            "jobs/sentences.py",
            '"Others had waited longer for the {limit}"',
            '"Others have waited longer for the {limit}"',
        ),
    ),
    mutant(
        "lateness: nobody led",
        EXPLAINED,
        (OUTAGES + "test_a_leader_that_comes_late_writes_down_that_nobody_led",),
        ("jobs/scheduler/leader.py", "            self._note_outage(before, now)\n", ""),
    ),
    mutant(
        "lateness: the broker was away",
        EXPLAINED,
        (OUTAGES + "test_the_broker_was_away_and_its_jobs_say_so",),
        (
            "jobs/scheduler/dispatcher.py",
            "                self._lose(error)\n                emit(BrokerUnreachable",
            "                emit(BrokerUnreachable",
        ),
    ),
    mutant(
        "lateness: the page shows what is within reach",
        PERMITTED,
        ("tests/rights/test_matrix.py",),
        (
            "jobs/monitor/late_found.py",
            ".filter(**_of_job(wanted)).within(reach).brief()",
            ".filter(**_of_job(wanted)).brief()",
        ),
    ),
)
