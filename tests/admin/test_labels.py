"""Labels in the admin: typed into forms, shown on pages, and looked for."""

from __future__ import annotations

import pytest

from jobs.models import Job, Schedule, Trigger
from tests.admin.schedule_rows import schedule
from tests.admin.steps import ADD, filled
from tests.admin.test_audit import TRIGGER
from tests.admin.test_list import LIST, shown
from tests.admin.test_schedules_form import ADD as ADD_SCHEDULE
from tests.admin.test_schedules_form import GIVEN
from tests.monitor.rows import SECOND, pending

pytestmark = pytest.mark.django_db
SCHEDULES = "/admin/jobs/schedule/"
LABELS = {"team": "payroll", "of": "Ann & Bob"}


def test_a_job_gets_what_was_typed(admin, at):
    assert admin.post(ADD, filled(at, labels="team: payroll\nof: Ann & Bob")).status_code == 302
    job = Job.objects.get()
    assert job.labels == LABELS
    for page in (f"{LIST}{job.pk}/change/", f"/jobs/{job.pk}/"):
        text = admin.get(page).content.decode()
        assert "team:payroll" in text
        assert "of:Ann &amp; Bob" in text
    assert f'href="{LIST}?label=of%3AAnn%20%26%20Bob"' in admin.get(f"{LIST}{job.pk}/change/").content.decode()


def test_jobs_are_found_by_a_label(admin, at):
    payroll = pending(at + 3 * SECOND, labels=LABELS)
    mail = pending(at + 2 * SECOND, labels={"team": "payroll"}, name="mail")
    named = pending(at + SECOND, name="at 12:30")
    pending(at)
    assert shown(admin, "?q=team:payroll") == [payroll.pk, mail.pk]
    assert shown(admin, "?q=team:payroll mail") == [mail.pk]
    assert shown(admin, "?q=12:30") == [named.pk], "no job has a label of this kind"
    assert shown(admin, "?label=of%3AAnn%20%26%20Bob") == [payroll.pk]
    assert shown(admin, "?label=team:payroll&q=mail") == [mail.pk]
    assert shown(admin, "?label=a:%00") == []
    assert len(shown(admin, "?label=payroll")) == 4, "no label, no filter"


def test_the_label_that_was_chosen_stands_among_the_filters(admin, at):
    pending(at, labels=LABELS)
    chosen = admin.get(f"{LIST}?label=team:payroll").context["cl"]
    assert [spec.title for spec in chosen.filter_specs].count("label") == 1
    assert "label" not in [spec.title for spec in admin.get(LIST).context["cl"].filter_specs]


def test_a_schedule_gets_what_was_typed_and_its_form_shows_it(planner, at):
    assert planner.post(ADD_SCHEDULE, {**GIVEN, "labels": "team: payroll\nof: Ann & Bob"}).status_code == 302
    row = Schedule.objects.get()
    assert row.labels == Job.objects.get().labels == LABELS
    form = planner.get(f"{SCHEDULES}{row.pk}/change/").context["adminform"].form
    assert form["labels"].value() == "of: Ann & Bob\nteam: payroll"
    page = planner.get(f"{SCHEDULES}{row.pk}/").content.decode()
    assert f'<a href="{SCHEDULES}?label=team%3Apayroll">team:payroll</a>' in page


def test_schedules_are_found_by_a_label(planner, at):
    payroll = schedule("a", now=at, labels=LABELS)
    named = schedule("at 12:30", now=at)
    schedule("c", now=at)
    assert shown_schedules(planner, "?q=team:payroll") == [payroll.pk]
    assert shown_schedules(planner, "?q=of:Ann %26 Bob") == [payroll.pk]
    assert shown_schedules(planner, "?label=of%3AAnn%20%26%20Bob") == [payroll.pk]
    assert shown_schedules(planner, "?q=12:30") == [named.pk]


def test_a_trigger_gives_its_labels_to_what_it_starts(client, person, at):
    client.force_login(person("view_trigger", "add_trigger", "fire_trigger", staff=True))
    given = {**TRIGGER, "labels": '{"team": "payroll"}'}
    wrong = client.post("/admin/jobs/trigger/add/", {**given, "labels": '{"team": 1}'})
    assert "must be text in quotes" in wrong.context["adminform"].form.errors["labels"][0]
    assert client.post("/admin/jobs/trigger/add/", given).status_code == 302
    client.post("/admin/jobs/trigger/", {"action": "fire", "_selected_action": [Trigger.objects.get().pk]})
    assert Job.objects.get().labels == {"team": "payroll"}


def shown_schedules(client, query: str) -> list[int]:
    response = client.get(SCHEDULES + query)
    assert response.status_code == 200, response.get("Location")
    return [row.pk for row in response.context["cl"].result_list]
