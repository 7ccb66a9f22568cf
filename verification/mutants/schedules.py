"""Mutants of schedules: one run lies ahead of each, whatever happens, and no nominal time is lost or starts twice."""

from verification.mutants.record import AUDITED, NEVER_LOST, NEVER_TWICE, ON_TIME, mutant

CHANGING = "jobs/transitions/changing.py"
ACQUIRING = "jobs/transitions/acquiring.py"
CONTROLS = "jobs/transitions/controls.py"
SUCCESSION = "jobs/transitions/schedules/succession.py"
MAKING = "jobs/transitions/schedules/making.py"
PLANNING = "jobs/transitions/schedules/planning.py"
LATENESS = "jobs/transitions/schedules/lateness.py"
SWEEPING = "jobs/transitions/schedules/sweeping.py"
DEFINITIONS = "jobs/transitions/schedules/definitions.py"
WITHDRAWAL = "jobs/transitions/schedules/withdrawal.py"
SINGLE = "jobs/transitions/schedules/single.py"
SERVICE = "jobs/scheduler/schedules.py"
QUERIES = "jobs/models/querysets/schedules.py"

TESTS = "tests/transitions/schedules"
FOLLOWS = (f"{TESTS}/test_succession.py::test_a_start_makes_the_successor_in_its_transaction",)
SKIPPED = (f"{TESTS}/test_succession.py::test_one_that_is_skipped_by_a_person_has_its_successor_and_its_cause",)
LEDGER = (f"{TESTS}/test_catch_up.py::test_one_that_the_ledger_refuses_has_its_cause_and_its_successor",)
LOCKED = ("tests/concurrency/test_schedules.py::test_a_schedule_that_somebody_has_locked_is_left_to_the_leader",)
BROKEN = (f"{TESTS}/test_succession.py::test_what_goes_wrong_with_a_successor_holds_up_no_start",)
HELD = (f"{TESTS}/test_succession.py::test_a_run_that_is_held_does_not_silence_its_schedule",)
ONE_WAITS = (f"{TESTS}/test_succession.py::test_of_those_that_may_not_overlap_one_waits",)
SET_BACK = (
    f"{TESTS}/test_catch_up.py::test_a_time_that_has_its_job_gets_no_other_although_sql_has_set_its_schedule_back",
)
WORKER_FIRST = (f"{TESTS}/test_catch_up.py::test_a_worker_that_comes_first_leaves_the_old_one_and_the_latest_starts",)
WAITED = (f"{TESTS}/test_catch_up.py::test_a_run_that_was_held_was_not_missed",)
DELETED = ("tests/scheduler/test_schedules.py::test_a_next_run_that_sql_has_deleted_is_made_anew_in_time",)
IN_TIME = (f"{TESTS}/test_catch_up.py::test_within_max_delay_time_each_gets_its_job_although_it_has_passed",)
NOTHING = (f"{TESTS}/test_catch_up.py::test_one_that_catches_up_with_nothing_starts_none_of_them",)
STALE = (f"{TESTS}/test_pauses.py::test_switched_on_again_it_starts_nothing_of_what_has_passed",)
EDITED = (f"{TESTS}/test_pauses.py::test_an_edit_moves_the_next_run_at_once",)
PAUSED = (f"{TESTS}/test_pauses.py::test_a_paused_one_starts_nothing_until_it_is_resumed",)
UNTIL = (f"{TESTS}/test_pauses.py::test_a_pause_until_a_moment_has_its_next_run_as_a_job_at_once",)
LATER = (f"{TESTS}/test_single.py::test_a_later_one_is_skipped",)
NOMINAL = (f"{TESTS}/test_catch_up.py::test_a_body_knows_the_nominal_time",)
IN_TURNS = ("tests/scheduler/test_schedules.py::test_what_is_not_done_in_one_turn_goes_on_in_the_next_with_one_row",)
ON_THE_JOB = (f"{TESTS}/test_succession.py::test_the_run_of_a_dangerous_target_waits_for_its_approval",)
IN_SHADOW = f"{TESTS}/test_shadow.py::"
CHANGES = (f"{TESTS}/test_pauses.py::test_each_change_is_audited",)

MUTANTS = (
    mutant(
        "schedules: a start makes the next run",
        NEVER_LOST,
        FOLLOWS,
        (ACQUIRING, "        succession.follow([row for row, _ in taken], later.refused, rows, now=now)\n", ""),
    ),
    mutant(
        "schedules: so does a person who skips one",
        NEVER_LOST,
        SKIPPED,
        (
            CHANGING,
            "            succession.missed([job], Cause.PERSON, why, now=asked.now, by_id=by_id)",
            "            pass",
        ),
    ),
    mutant(
        "schedules: so does the refusal of the ledger",
        NEVER_LOST,
        LEDGER,
        (
            ACQUIRING,
            "succession.missed(Job.objects.filter(pk=wanted[0].job_id)[:failed], Cause.TARGET, why, now=now)",
            "pass",
        ),
    ),
    mutant(
        "schedules: what does not start has its cause",
        NEVER_LOST,
        SKIPPED,
        (
            SUCCESSION,
            "        Occurrence.objects.not_started([job.pk for job in ours], cause, why, now=now, by_id=by_id)\n",
            "",
        ),
    ),
    mutant(
        "schedules: no start waits for a schedule that somebody has",
        ON_TIME,
        LOCKED,
        (SUCCESSION, "move_on(list(standing.locked(wait=False))", "move_on(list(standing.locked(wait=True))"),
    ),
    mutant(
        "schedules: no start fails for a successor that does",
        NEVER_LOST,
        BROKEN,
        (SUCCESSION, "        emit(SuccessorsLeftToLeader(error))", "        raise"),
    ),
    mutant(
        "schedules: the leader moves on what is held",
        NEVER_LOST,
        HELD,
        (
            SWEEPING,
            "return skipped + move_on(list(due.locked(wait=False)), now=now, most=AT_LEISURE)",
            "return skipped",
        ),
    ),
    mutant(
        "schedules: one run waits where two may not",
        NEVER_TWICE,
        ONE_WAITS,
        (SWEEPING, "    skipped = skip_behind_waiting(list(due.locked(wait=False)), now=now)", "    skipped = 0"),
    ),
    mutant(
        "schedules: a nominal time has one job",
        NEVER_TWICE,
        SET_BACK,
        (MAKING, "WHERE NOT s.shadow AND NOT EXISTS (\n        SELECT", "WHERE true OR NOT EXISTS (\n        SELECT"),
    ),
    mutant(
        "schedules: what is too late does not start",
        ON_TIME,
        WORKER_FIRST,
        (ACQUIRING, "    leaving = lateness.refusals(rows, now=now)\n", "    leaving = {}\n"),
    ),
    mutant(
        "schedules: what was held was not missed",
        NEVER_LOST,
        WAITED,
        (LATENESS, "    return not row.waited_for and row.approved_at is None", "    return True"),
    ),
    mutant(
        "schedules: a failover is no downtime",
        NEVER_LOST,
        IN_TIME,
        (PLANNING, "    if now - due <= grace:\n        return False\n", ""),
    ),
    mutant(
        "schedules: nothing is made up for where nothing is to be",
        ON_TIME,
        NOTHING,
        (PLANNING, "    if schedule.catch_up == CatchUp.SKIP:\n        return True\n", ""),
    ),
    mutant(
        "schedules: what SQL has deleted is made anew",
        NEVER_LOST,
        DELETED,
        (
            SERVICE,
            "            right += self._put_right(now, now + timedelta(seconds=3 * length))\n",
            "            right += 0\n",
        ),
    ),
    mutant(
        "schedules: what is switched on starts nothing of the past",
        ON_TIME,
        STALE,
        (
            WITHDRAWAL,
            "    if not schedule.is_reckoned:\n        stop = Stop(",
            "    if not schedule.is_reckoned:\n        _ = Stop(",
        ),
    ),
    mutant(
        "schedules: an edit takes the old run back",
        NEVER_TWICE,
        EDITED,
        (WITHDRAWAL, "    withdraw(schedule, why, now=now)\n    schedule.save()", "    schedule.save()"),
    ),
    mutant(
        "schedules: a pause takes it back, too",
        NEVER_TWICE,
        PAUSED,
        (
            PLANNING,
            "not schedule.is_reckoned or (schedule.paused_at is not None and schedule.paused_until is None)",
            "not schedule.is_reckoned",
        ),
    ),
    mutant(
        "schedules: a pause starts nothing before its end",
        ON_TIME,
        UNTIL,
        (PLANNING, "        begin = covered\n", ""),
    ),
    mutant(
        "schedules: a later run that is skipped does not start",
        NEVER_TWICE,
        LATER,
        (
            PLANNING,
            "        if change is not None and change.skipped and nominal not in known:\n            if not paused:",
            "        if False:\n            if not paused:",
        ),
    ),
    mutant(
        "schedules: a body knows the time that it stands for",
        NEVER_LOST,
        NOMINAL,
        ("jobs/worker/run/running.py", "        nominal_time=started.nominal_at,\n", ""),
    ),
    mutant(
        "schedules: what is not done in one turn goes on",
        NEVER_LOST,
        IN_TURNS,
        (PLANNING, "        planned.unfinished, planned.next_at = True, now\n", "        planned.unfinished = True\n"),
    ),
    mutant(
        "schedules: each run of a dangerous target waits for its approval",
        NEVER_TWICE,
        ON_THE_JOB,
        (MAKING, "int(Hold.APPROVAL) * target_rules.is_dangerous(one.schedule.target, payload)", "0"),
    ),
    mutant(
        "schedules: one in shadow makes no job, whoever asks",
        NEVER_TWICE,
        (f"{IN_SHADOW}test_no_job_is_made_of_it_whoever_asks",),
        (MAKING, "    WHERE NOT s.shadow AND NOT EXISTS (", "    WHERE NOT EXISTS ("),
    ),
    mutant(
        "schedules: each time of one in shadow is noted",
        NEVER_LOST,
        (f"{IN_SHADOW}test_each_of_its_times_has_a_row_and_none_a_job",),
        (SUCCESSION, "    if gap.until > now or gap.cause == Cause.SHADOW:\n", "    if gap.until > now:\n"),
    ),
    mutant(
        "schedules: one that leaves its shadow starts nothing of what has passed",
        ON_TIME,
        (f"{IN_SHADOW}test_switched_on_it_starts_nothing_of_what_has_passed",),
        (
            PLANNING,
            "        elif schedule.shadow:\n            planned.miss(nominal, Cause.SHADOW",
            "        elif False:\n            planned.miss(nominal, Cause.SHADOW",
        ),
    ),
    mutant(
        "schedules: a past range of one in shadow does not go on",
        NEVER_TWICE,
        (f"{IN_SHADOW}test_a_past_range_that_is_being_started_ends_when_it_goes_into_shadow",),
        (
            "jobs/transitions/schedules/backfill.py",
            "if schedule is None or schedule.shadow:",
            "if schedule is None:",
        ),
    ),
    mutant(
        "schedules: who has paused one is written down",
        AUDITED,
        CHANGES,
        (DEFINITIONS, "        _note(schedule, before, by=by, now=now, verb=Change.PAUSE, reason=reason)\n", ""),
    ),
)
