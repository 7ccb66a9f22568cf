"""Mutants of rights: what is another team's is not there, nor to be changed, by whatever way."""

from verification.mutants.record import PERMITTED, mutant

CHANGING = "jobs/transitions/changing.py"
REACH = "jobs/rights/reach.py"
SEEING = "jobs/rights/seeing.py"
TELLING = "jobs/rights/telling.py"
QUERYSET = "jobs/models/querysets/__init__.py"
HISTORY = "jobs/models/history.py"
CONTROLS = "jobs/transitions/controls.py"
CREATION = "jobs/transitions/creation/__init__.py"
APPROVAL = "jobs/transitions/approval.py"
ADMISSION = "jobs/transitions/admission.py"
CACHED = "jobs/models/querysets/seeing_alike.py"
JOB_LIST = "jobs/monitor/job_list.py"

OTHERS = "tests/rights/test_jobs_of_others.py"
RULES = "tests/rights/test_target_rules.py"
COUNTS = "tests/rights/test_counts.py"

MUTANTS = (
    mutant(
        "rights: what another team owns is not touched",
        PERMITTED,
        ("tests/rights/test_reach.py",),
        (REACH, "self.is_own(row) if team is None else team in self.teams", "True"),
    ),
    mutant(
        "rights: lists have what is within reach",
        PERMITTED,
        ("tests/rights/test_reach.py",),
        (
            QUERYSET,
            "        return self.filter(jobs_within(reach)) if is_narrow(reach) else self\n",
            "        return self\n",
        ),
    ),
    mutant(
        "rights: the page of jobs has what is within reach, whatever is looked for",
        PERMITTED,
        ("tests/monitor/test_job_list.py::test_what_others_have_is_not_found_by_any_filter",),
        (
            JOB_LIST,
            "matching(Job.objects.all(), wanted, now, by_index=False).within(reach)",
            "matching(Job.objects.all(), wanted, now, by_index=False)",
        ),
    ),
    mutant(
        "rights: a job that says another team is not of the team that owns its queue",
        PERMITTED,
        ("tests/monitor/test_job_list.py::test_a_team_s_queue_has_no_jobs_of_another_team",),
        (REACH, "Reach(other_teams=names, owned", "Reach(other_teams=frozenset(), owned"),
    ),
    mutant(
        "rights: one job is seen if it is within reach",
        PERMITTED,
        ("tests/rights/test_matrix.py::test_rest_answers_as_it_is_written",),
        (TELLING, "[0] if job is not None and reach.sees_job(job) else None", "[0] if job is not None else None"),
    ),
    mutant(
        "rights: the history has what is within reach",
        PERMITTED,
        ("tests/history/test_reading.py",),
        (HISTORY, " AND {IN_REACH} AS fits", " AS fits"),
    ),
    mutant(
        "rights: a verb asks whose the job is",
        PERMITTED,
        (f"{OTHERS}::test_what_is_seen_and_not_his_is_refused_with_a_sentence",),
        (
            CHANGING,
            "        if job is None or not is_within(asked.verb, job, asked.by):\n            return None\n",
            "        if job is None:\n            return None\n",
        ),
    ),
    mutant(
        "rights: what others wait for is not told",
        PERMITTED,
        (f"{OTHERS}::test_what_others_wait_for_is_not_told",),
        (SEEING, "    if not others or not is_narrow(reach):\n", "    if True:\n"),
    ),
    mutant(
        "rights: a new job takes nothing of other teams",
        PERMITTED,
        (f"{RULES}::test_whose_a_new_job_may_be",),
        (CREATION, "        for problems in rights_problems(one, by).values():\n", "        for problems in ():\n"),
    ),
    mutant(
        "rights: what is switched off does not start",
        PERMITTED,
        (f"{RULES}::test_a_row_by_sql_is_held_too",),
        (ADMISSION, "    if off := target_rules.why_switched_off(row.target):\n", '    if off := "":\n'),
    ),
    mutant(
        "rights: a picture is shown to those alone who see all of it",
        PERMITTED,
        ("tests/rights/test_monitor.py::test_one_picture_is_not_shown_to_another",),
        (CACHED, "    if reach.is_whole and not reach.own_only:\n", "    if True:\n"),
    ),
    mutant(
        "rights: who may approve refuses what waits for that, and nothing else",
        PERMITTED,
        ("tests/transitions/test_approval.py::test_what_waits_for_no_approval_is_not_refused",),
        (APPROVAL, "        if why := _waits_for_none(job):\n", '        if why := "":\n'),
    ),
    mutant(
        "rights: a creator takes back what he has cancelled, and nobody else's cancellation",
        PERMITTED,
        ("tests/monitor/test_job_cancel.py::test_a_creator_takes_his_own_cancellation_back_and_no_one_else_s",),
        (CONTROLS, "        if own_only and not has_cancelled(job, by):\n", "        if False:\n"),
    ),
    mutant(
        "rights: no start is asked for of a target that others have been given",
        PERMITTED,
        (f"{RULES}::test_no_start_is_asked_for_of_a_target_that_others_have_been_given",),
        (
            CHANGING,
            "(refused := _of_no_target_of_his(job_id, asked))",
            "(refused := None)",
        ),
    ),
    mutant(
        "rights: a batch counts what is seen",
        PERMITTED,
        (f"{COUNTS}::test_of_a_batch",),
        ("jobs/models/batch.py", "within, values = and_in_reach(reach)", 'within, values = "", {}'),
    ),
    mutant(
        "rights: a minute counts what is seen",
        PERMITTED,
        (f"{COUNTS}::test_of_a_minute_for_which_a_schedule_is_planned",),
        ("jobs/models/querysets/planned.py", "and_in_reach(within)", "and_in_reach(None)"),
    ),
    mutant(
        "rights: the end of a stop counts what is seen",
        PERMITTED,
        (f"{COUNTS}::test_of_jobs_that_wait_for_the_end_of_a_stop",),
        ("jobs/models/querysets/stops.py", "and_in_reach(within)", "and_in_reach(None)"),
    ),
    mutant(
        "rights: what is not seen is not named",
        PERMITTED,
        ("tests/rights/test_told.py::test_nobody_is_named_wherever_they_are_shown",),
        (TELLING, "    if not is_narrow(reach):\n        return found\n", "    if True:\n        return found\n"),
    ),
    mutant(
        "rights: without a creator a job stops what is of its own team",
        PERMITTED,
        ("tests/rights/test_making_way.py::test_without_a_creator_it_stops_what_is_of_its_own_team",),
        ("jobs/transitions/refusals.py", "and not are_of_one_team(newer, older)", "and False"),
    ),
)
