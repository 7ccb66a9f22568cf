"""One schedule's page: what comes, what was, who has changed it, and what may be asked of single runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.contrib.auth.models import User

from jobs.models import Audit, Job, Occurrence, OccurrenceChange
from jobs.states import Cause, State
from jobs.transitions.schedules import definitions, single
from tests.admin.schedule_rows import missed, ran, schedule
from tests.admin.test_schedules import HOUR

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def page(client, row, query: str = ""):
    response = client.get(f"/admin/jobs/schedule/{row.pk}/{query}")
    assert response.status_code == 200, response.get("Location")
    return response


def starts(client, row) -> list[datetime]:
    return [run.run_at for run, _, _ in page(client, row).context["coming"]]


def ask(client, row, verb: str, nominal: datetime, **fields: str):
    address = f"/admin/jobs/schedule/{row.pk}/runs/{verb}/?at={nominal:%Y-%m-%dT%H:%M:%SZ}"
    return client.post(address, {"reason": "They asked for it.", **fields}, follow=True)


@pytest.mark.parametrize("runs", [3, 70])
def test_it_costs_the_same_for_a_new_one_and_for_an_old_one(planner, at, runs, django_assert_num_queries):
    row = schedule(now=at)
    for n in range(1, runs):
        ran(row, at - n * HOUR)
        Audit.objects.create(subject="schedule", name=row.name, verb="change", at=at, before={"n": 1}, after={"n": n})
    single.skip_run(row.pk, row.next_at + DAY, reason="x", by=None, now=at)
    # Session, user, two for the permissions; the schedule; its coming occurrences, their jobs, the changes; the history
    # and its jobs; the audit.
    with django_assert_num_queries(11):
        page(planner, row)


def test_the_next_ten_starts_are_those_of_the_wall_clock(planner, at):
    row = schedule(expression="0 12 * * *", time_zone="America/New_York", now=at)
    found = starts(planner, row)
    assert len(found) == 10
    assert [moment.astimezone(row.zone).hour for moment in found] == [12] * 10
    assert found[0] == row.next_at
    assert [later - sooner for sooner, later in pairwise(found)] == [DAY] * 9


def test_a_change_of_clocks_is_marked(planner, at):
    begin = datetime(2027, 3, 25, tzinfo=UTC)
    row = schedule(starts_at=begin, now=at)  # daily at 02:30 in Berlin, which 2027-03-28 does not have
    shown = page(planner, row).context["coming"]
    noted = [(run.nominal_at, run.notes) for run, _, _ in shown if run.notes]
    said = "Clocks skip its time in this night: it starts at the first instant after that, 03:00 CEST."
    assert noted == [(datetime(2027, 3, 28, 1, 0, tzinfo=UTC), [said])]


def test_runs_are_skipped_moved_given_arguments_and_taken_back(planner, at):
    row = schedule(target="demo.sleep", payload={"seconds": 1}, now=at)
    later = row.next_at + DAY
    assert "is skipped." in ask(planner, row, "skip", later).content.decode()
    assert OccurrenceChange.objects.get().skipped
    shown = {run.nominal_at: run for run, _, _ in page(planner, row).context["coming"]}
    assert shown[later].skipped
    assert shown[later].buttons == ["undo"]
    ask(planner, row, "undo", later)
    assert not OccurrenceChange.objects.exists()

    elsewhere = (row.next_at + 3 * HOUR).astimezone(row.zone).replace(tzinfo=None)
    ask(planner, row, "move", row.next_at, at=elsewhere.isoformat(), time_zone="Europe/Berlin")
    assert Job.objects.get(pk=row.next_job_id).run_at == row.next_at + 3 * HOUR
    assert starts(planner, row)[0] == row.next_at + 3 * HOUR
    ask(planner, row, "undo", row.next_at)
    assert Job.objects.get(pk=row.next_job_id).run_at == row.next_at

    ask(planner, row, "arguments", row.next_at, payload='{"seconds": 2}')
    assert Job.objects.get(pk=row.next_job_id).payload == {"seconds": 2}
    assert "With its own arguments." in page(planner, row).content.decode()
    assert Audit.objects.filter(subject="schedule", reason="They asked for it.").count() == 3


def test_the_next_run_is_skipped_and_started_now(planner, at):
    row = schedule(now=at)
    first = row.next_at
    ask(planner, row, "skip", first)
    assert Occurrence.objects.get(nominal_at=first).cause == Cause.PERSON
    row.refresh_from_db()
    assert row.next_at == first + DAY
    ask(planner, row, "run-now", row.next_at)
    assert Job.objects.get(pk=row.next_job_id).run_at < at + HOUR


def test_each_page_says_what_it_does_and_wants_a_reason(planner, at):
    row = schedule(now=at)
    address = f"/admin/jobs/schedule/{row.pk}/runs/skip/?at={row.next_at:%Y-%m-%dT%H:%M:%SZ}"
    assert "It does not start, and is written down as skipped." in planner.get(address).content.decode()
    assert "Say why, in a few words." in planner.post(address, {"reason": ""}).content.decode()
    assert not Occurrence.objects.filter(cause__isnull=False).exists()


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "soon"])
def test_a_run_of_no_moment_leads_back(planner, at, moment):
    row = schedule(now=at)
    answer = planner.get(f"/admin/jobs/schedule/{row.pk}/runs/skip/?at={moment}", follow=True)
    assert "Choose a run" in answer.content.decode()


def test_what_is_wrong_stands_beside_its_field(planner, at):
    row = schedule(target="demo.sleep", payload={"seconds": 1}, now=at)
    answer = ask(planner, row, "arguments", row.next_at, payload='{"second": 1}').content.decode()
    assert "&#x27;second&#x27; is not known" in answer
    answer = ask(planner, row, "move", row.next_at, at="2020-01-01T00:00", time_zone="UTC").content.decode()
    assert "This time is in the past" in answer
    assert "name none" not in answer  # then a time is missing
    answer = ask(planner, row, "skip", at - DAY).content.decode()
    assert "is over, or is none of its times" in answer


def test_the_history_has_ranges_causes_and_jobs(planner, at):
    row = schedule(now=at)
    run = ran(row, at - HOUR, State.FAILED)
    missed(row, at - 5 * HOUR, Cause.DOWNTIME, until=at - 2 * HOUR, count=4)
    text = page(planner, row).content.decode()
    assert f"/admin/jobs/job/{run.job_id}/change/" in text
    assert "Nothing was there to start it: Because." in text
    assert f"to {at - 2 * HOUR:%Y-%m-%d %H:%M:%S}" in text
    assert "4 runs" in text


def test_the_history_goes_back_page_by_page(planner, at):
    row = schedule(now=at)
    for n in range(1, 61):
        ran(row, at - n * HOUR)
    first = page(planner, row)
    assert len(first.context["history"]) == 50
    older = page(planner, row, f"?before={first.context['older'].replace('+', '%2B')}")
    assert len(older.context["history"]) == 10
    assert older.context["older"] == ""


def test_the_audit_names_what_has_become_different(planner, at):
    row = schedule(now=at)
    by = User.objects.get()
    definitions.change_schedule(row.pk, {"expression": "45 3 * * *"}, reason="Too early.", by=by, now=at)
    text = page(planner, row).content.decode()
    assert "expression: 30 2 * * * → 45 3 * * *" in text
    assert "Too early." in text


def test_the_audit_writes_moments_for_people(planner, at):
    row = schedule(now=at)
    until = at.replace(microsecond=0) + DAY
    definitions.pause_schedule(row.pk, until=until, reason="Stocktaking.", by=User.objects.get(), now=at)
    text = page(planner, row).content.decode()
    assert f"paused until: — → {until:%Y-%m-%d %H:%M:%S} UTC" in text
    assert "paused by id" not in text  # he stands beside it


def test_counts_are_written_with_commas(planner, at):
    row = schedule(now=at)
    missed(row, at - 5 * HOUR, Cause.DOWNTIME, until=at - 2 * HOUR, count=12_000)
    assert "12,000 runs" in page(planner, row).content.decode()
    calendar = planner.get(f"/admin/jobs/schedule/calendar/?day={at - 5 * HOUR:%Y-%m-%d}").content.decode()
    assert "12,000<" in calendar


def test_what_is_not_undone_has_a_button_of_danger(planner, at):
    row = schedule(now=at)
    for action, danger in (("delete_selected", True), ("disable", False)):
        asked = planner.get(f"/admin/jobs/schedule/{row.pk}/ask/{action}/").content.decode()
        assert ('class="primary danger"' in asked) is danger


def test_buttons_are_those_of_the_rights(client, person, at):
    client.force_login(person("view_schedule", staff=True))
    row = schedule(now=at)
    text = page(client, row).content.decode()
    for word in ("/ask/", "/runs/", "Who has changed it"):
        assert word not in text, word


def test_one_that_is_gone_leads_to_the_list(planner, at):
    answer = planner.get("/admin/jobs/schedule/999/", follow=True)
    assert "There is no schedule 999; it may have been deleted." in answer.content.decode()


def test_one_in_shadow_says_what_it_would_start(planner, at):
    row = schedule(now=at, enabled=False, shadow=True)
    Occurrence.objects.create(schedule=row, nominal_at=at - HOUR, cause=Cause.SHADOW, noted_at=at)
    text = page(planner, row).content.decode()
    assert text.count("It is noted, and starts nothing: the schedule is in shadow.") == 10
    assert "It would have started: the schedule is in shadow" in text
    assert ">Switch on…<" in text
    assert ">Switch off…<" in text
    assert ">Put into shadow…<" not in text
    assert "Last runs of report: 1 shadow" in text


@pytest.mark.parametrize(("enabled", "action", "becomes"), [(True, "shadow", "shadow"), (False, "enable", "on")])
def test_it_is_put_into_shadow_and_taken_out(planner, at, enabled, action, becomes):
    row = schedule(now=at, enabled=enabled, shadow=not enabled)
    planner.post(
        "/admin/jobs/schedule/", {"action": action, "_selected_action": [row.pk], "reason": "Moving in."}, follow=True
    )
    row.refresh_from_db()
    assert row.standing(at) == becomes
    assert (row.next_job_id is None) is (becomes == "shadow")
