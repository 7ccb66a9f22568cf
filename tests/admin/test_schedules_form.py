"""The form of schedules: what it saves, what it refuses and where, and its preview."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from jobs.models import Audit, Calendar, Job, Schedule
from tests.admin.schedule_rows import schedule

pytestmark = pytest.mark.django_db
ADD = "/admin/jobs/schedule/add/"
PREVIEW = "/admin/jobs/schedule/preview/"
GIVEN = {
    "name": "payroll",
    "target": "demo.sleep",
    "payload": '{"seconds": 1}',
    "queue": "default",
    "dialect": "cron",
    "expression": "30 2 * * mon-fri",
    "time_zone": "Europe/Berlin",
    "enabled": "on",
}


def text(response) -> str:
    return response.content.decode().replace("&#x27;", "'")


def errors(response) -> dict[str, list[str]]:
    assert response.status_code == 200, response.get("Location")
    return {name: list(said) for name, said in response.context["adminform"].form.errors.items()}


def test_a_schedule_is_created_with_its_next_run(planner, at):
    answer = planner.post(ADD, GIVEN, follow=True)
    row = Schedule.objects.get()
    assert f"The schedule 'payroll' was created. Next: {row.next_at.astimezone(row.zone):%A}" in text(answer)
    assert row.payload == {"seconds": 1}
    assert row.created_by == User.objects.get()
    assert Job.objects.get().schedule_id == row.pk
    assert Audit.objects.get(subject="schedule").verb == "create"


def test_moments_are_those_of_its_zone(planner, at):
    planner.post(ADD, {**GIVEN, "starts_at": "2027-07-01T12:00", "ends_at": "2027-12-24T00:00"})
    row = Schedule.objects.get()
    assert row.starts_at == datetime(2027, 7, 1, 10, tzinfo=UTC)
    assert row.ends_at == datetime(2027, 12, 23, 23, tzinfo=UTC)
    form = planner.get(f"/admin/jobs/schedule/{row.pk}/change/").context["adminform"].form
    assert form["starts_at"].value() == "2027-07-01T12:00:00"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("expression", "30 2 31 2 *", "February has no day 31"),
        ("expression", "61 2 * * *", "61"),
        ("time_zone", "Europe/Berlni", "Europe/Berlin"),
        ("payload", '{"second": 1}', "'second' is not known"),
        ("payload", "{", "This is not JSON"),
        ("name", "", "required"),
        ("most_runs", "0", "Give 1 to"),
        ("starts_at", "soon", "choose one"),
    ],
)
def test_what_is_wrong_stands_at_its_field_with_the_remedy(planner, at, field, value, sentence):
    answer = planner.post(ADD, {**GIVEN, field: value})
    found = errors(answer)
    assert list(found) == [field]
    assert sentence in " ".join(found[field])
    assert not Schedule.objects.exists()


def test_a_name_that_is_taken_is_refused(planner, at):
    schedule("payroll", now=at)
    assert "There is a schedule of this name already" in errors(planner.post(ADD, GIVEN))["name"][0]


def test_a_change_moves_the_next_run_and_stands_in_the_audit_with_its_reason(planner, at):
    planner.post(ADD, GIVEN)
    row = Schedule.objects.get()
    path = f"/admin/jobs/schedule/{row.pk}/change/"
    form = planner.get(path).context["adminform"].form
    assert form["expression"].value() == "30 2 * * mon-fri"
    assert form["payload"].value() == '{\n  "seconds": 1\n}'
    answer = planner.post(path, {**GIVEN, "expression": "45 3 * * *", "reason": "Too early."}, follow=True)
    assert "The schedule 'payroll' was changed. Next:" in text(answer)
    job = Job.objects.get(pk=Schedule.objects.get().next_job_id)
    assert f"{job.run_at.astimezone(row.zone):%H:%M}" == "03:45"
    audit = Audit.objects.filter(subject="schedule").latest("id")
    assert (audit.reason, audit.before["expression"], audit.after["expression"]) == (
        "Too early.",
        "30 2 * * mon-fri",
        "45 3 * * *",
    )


def test_what_nobody_has_changed_stays(planner, at):
    made = {"retry_on": ["failure", "5xx"], "rerunnable": True, "max_attempts": 3, "deadline": 60, "most_runs": 9}
    row = schedule("payroll", now=at, key="books", ends_at=at + timedelta(days=99), **made)
    path = f"/admin/jobs/schedule/{row.pk}/change/"
    form = planner.get(path).context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    given = {name: value for name, value in shown.items() if value not in (None, False)}
    before = row.described()
    answer = planner.post(path, given)
    assert answer.status_code == 302, errors(answer)
    assert {**Schedule.objects.get().described(), "ends_at": None} == {**before, "ends_at": None}


def test_who_may_make_no_jobs_makes_and_changes_no_schedule(client, person, at):
    client.force_login(person("view_schedule", "add_schedule", "change_schedule", staff=True))
    row = schedule(now=at)
    assert client.get(ADD).status_code == client.post(ADD, GIVEN).status_code == 403
    change = f"/admin/jobs/schedule/{row.pk}/change/"
    assert client.post(change, GIVEN)["Location"] == f"/admin/jobs/schedule/{row.pk}/"
    client.post("/admin/jobs/schedule/", {"action": "disable", "_selected_action": [row.pk], "reason": "x"})
    row.refresh_from_db()
    assert (row.name, row.enabled, Schedule.objects.count()) == ("report", True, 1)


def test_those_who_may_not_change_it_see_its_page(client, person, at):
    client.force_login(person("view_schedule", staff=True))
    row = schedule(now=at)
    answer = client.get(f"/admin/jobs/schedule/{row.pk}/change/")
    assert answer["Location"] == f"/admin/jobs/schedule/{row.pk}/"
    assert client.get(ADD).status_code == 403
    assert client.post(PREVIEW, GIVEN).status_code == 403
    assert client.post(f"/admin/jobs/schedule/{row.pk}/preview/", GIVEN).status_code == 403


def test_deleting_leads_to_the_page_that_says_what_becomes_of_it(planner, at):
    row = schedule(now=at)
    answer = planner.post(f"/admin/jobs/schedule/{row.pk}/delete/", {"post": "yes"}, follow=True)
    assert "Its next run is cancelled" in text(answer)
    assert Schedule.objects.exists()


def test_the_preview_shows_ten_starts_before_anything_is_saved(planner, at):
    asked = {"expression": "30 2 * * *", "dialect": "cron", "time_zone": "Europe/Berlin", "viewer_zone": "Asia/Tokyo"}
    shown = text(planner.post(PREVIEW, asked))
    assert "At 02:30 every day (Europe/Berlin)." in shown
    assert shown.count("<tr>") + shown.count('<tr class="marked">') == 11
    assert "Yours (Asia/Tokyo)" in shown
    assert "02:30 CE" in shown
    assert not Schedule.objects.exists()


def test_the_preview_marks_what_clocks_do(planner, at):
    asked = {**GIVEN, "expression": "30 2 * * *", "starts_at": "2027-03-25T00:00"}
    shown = text(planner.post(PREVIEW, asked))
    assert "Clocks skip its time in this night: it starts at the first instant after that, 03:00 CEST." in shown
    assert shown.count('class="marked"') == 1


def test_the_preview_says_when_the_calendar_is_closed(planner, at):
    Calendar.objects.create(name="office", time_zone="Europe/Berlin")  # Monday to Friday
    shown = text(planner.post(PREVIEW, {**GIVEN, "expression": "0 9 * * *", "calendar": "office"}))
    assert "Closed: " in shown
    assert "It is skipped." in shown


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"expression": ""}, "Write when it starts"),
        ({"expression": "30 2 31 2 *"}, "February has no day 31"),
        ({"time_zone": "Mars"}, "This time zone is not known"),
    ],
)
def test_the_preview_says_what_is_wrong(planner, at, given, sentence):
    shown = text(planner.post(PREVIEW, {**GIVEN, **given}))
    assert sentence in shown
    assert "<table>" not in shown


def test_the_button_shows_the_preview_without_javascript_and_saves_nothing(planner, at):
    answer = planner.post(ADD, {**GIVEN, "_preview": "1"})
    assert errors(answer) == {}
    assert "At 02:30 on Monday to Friday (Europe/Berlin)." in text(answer)
    assert 'value="payroll"' in text(answer)
    assert not Schedule.objects.exists()
    row = schedule("payroll", now=at)
    answer = planner.post(f"/admin/jobs/schedule/{row.pk}/change/", {**GIVEN, "_preview": "1"})
    assert "At 02:30 on Monday to Friday (Europe/Berlin)." in text(answer)
    row.refresh_from_db()
    assert row.expression == "30 2 * * *"


def test_the_preview_is_asked_for_by_post_and_with_a_token(planner, at):
    assert planner.get(PREVIEW).status_code == 405
    planner.handler.enforce_csrf_checks = True
    assert planner.post(PREVIEW, GIVEN).status_code == 403
