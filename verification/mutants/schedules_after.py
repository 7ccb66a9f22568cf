"""Mutants of schedules that come after others: no run starts before they have ended, and none waits for ever."""

from verification.mutants.record import NEVER_EARLY, NEVER_LOST, ON_TIME, mutant

RUNS = "jobs/transitions/dependencies/runs.py"
MAKING = "jobs/transitions/schedules/making.py"
FOLLOWERS = "jobs/transitions/schedules/followers.py"
WITHDRAWAL = "jobs/transitions/schedules/withdrawal.py"
DEFINITIONS = "jobs/transitions/schedules/definitions.py"

AFTER = "tests/transitions/schedules/test_after.py::"
EDITS = "tests/transitions/schedules/test_after_edits.py::"
CORNERS = "tests/transitions/schedules/test_after_corners.py::"
WAITS = (f"{AFTER}test_its_run_waits_until_that_of_the_other_has_ended",)
TIED = (f"{EDITS}test_those_that_come_after_it_now_are_known_to_the_run_that_it_has",)

MUTANTS = (
    mutant(
        "after: a run waits from its making on",
        NEVER_EARLY,
        WAITS,
        (MAKING, "    after = bool(one.schedule.after_ids) and one.number == 1\n", "    after = False\n"),
    ),
    mutant(
        "after: what has not come yet is waited for, too",
        NEVER_EARLY,
        (f"{AFTER}test_what_has_no_job_yet_is_waited_for",),
        (RUNS, "            if nominal not in there and", "            if False and"),
    ),
    mutant(
        "after: the day is that of its own clocks",
        NEVER_EARLY,
        (f"{AFTER}test_the_day_is_that_of_its_own_clocks",),
        (RUNS, "    day = nominal.astimezone(zone).date()\n", "    day = nominal.date()\n"),
    ),
    mutant(
        "after: an interrupted one keeps it waiting",
        NEVER_EARLY,
        (f"{AFTER}test_an_interrupted_one_keeps_it_waiting_until_somebody_has_decided",),
        (RUNS, "        is_over = state in OVER\n", "        is_over = state in OVER | {State.INTERRUPTED}\n"),
    ),
    mutant(
        "after: what has failed does not let it go",
        NEVER_EARLY,
        (f"{AFTER}test_what_it_wants_of_the_other",),
        (
            RUNS,
            "one.is_vain), None) if job.waits_for_end != Awaited.ANY else None",
            "one.is_vain), None) if False else None",
        ),
    ),
    mutant(
        "after: one that cannot go on is waited for",
        NEVER_EARLY,
        (f"{CORNERS}test_one_that_cannot_go_on_is_waited_for",),
        (RUNS, "    if other.problem:\n", "    if False:\n"),
    ),
    mutant(
        "after: one that was let go waits again for what an edit brings",
        NEVER_EARLY,
        (f"{EDITS}test_one_that_was_let_go_waits_again_when_the_other_gets_a_time",),
        (WITHDRAWAL, "    followers.look_at_them(schedule, now=now)\n", ""),
    ),
    mutant(
        "after: what has been published of it acquires nothing then",
        NEVER_EARLY,
        (f"{EDITS}test_one_that_was_let_go_waits_again_when_the_other_gets_a_time",),
        (FOLLOWERS, "        version=NEXT_VERSION,\n", ""),
    ),
    mutant(
        "after: the end of the last one lets it go in its transaction",
        ON_TIME,
        WAITS,
        (
            "jobs/models/querysets/dependencies.py",
            "    WHERE other.id = ANY (%(ids)s::bigint[]) AND other.schedule_id IS NOT NULL\n",
            "    WHERE false\n",
        ),
    ),
    mutant(
        "after: a job that others come after says so from its making on",
        ON_TIME,
        TIED,
        (MAKING, "THEN s.after_end END, s.has_followers\n", "THEN s.after_end END, false\n"),
    ),
    mutant(
        "after: so do those that are there when somebody is tied to them",
        ON_TIME,
        TIED,
        (DEFINITIONS, "        followers.mark(others, now=now)\n", ""),
    ),
    mutant(
        "after: the leader lets go what no end has",
        NEVER_LOST,
        (
            f"{AFTER}test_one_that_has_nothing_that_day_is_not_waited_for",
            f"{EDITS}test_the_leader_lets_go_what_an_end_has_overlooked",
        ),
        ("jobs/scheduler/turns.py", "if verdict.free or verdict.vain]\n", "if verdict.vain]\n"),
    ),
    mutant(
        "after: no circle is tied",
        NEVER_LOST,
        (f"{EDITS}test_those_that_make_a_circle_are_refused",),
        (FOLLOWERS, "    if schedule.pk is not None and (problem :=", "    if schedule.pk is None and (problem :="),
    ),
)
