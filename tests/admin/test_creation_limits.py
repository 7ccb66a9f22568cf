"""Creation limits in the admin: how they are set, and what those see who create jobs there too fast."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from jobs.models import CreationLimit, Job, Schedule, Trigger
from tests.admin.steps import ADD, filled
from tests.admin.test_schedules_bring import PAGE as BRING
from tests.admin.test_schedules_form import ADD as ADD_SCHEDULE
from tests.admin.test_schedules_form import GIVEN

pytestmark = pytest.mark.django_db
LIMITS = "/admin/jobs/creationlimit/"


def test_a_limit_is_added_and_listed(admin):
    group = Group.objects.create(name="partners")
    sent = {"group": group.pk, "rate": "2.5", "burst": "", "bulk_rate": "100", "bulk_burst": "5000"}
    assert admin.post(f"{LIMITS}add/", sent).status_code == 302
    limit = CreationLimit.objects.get()
    assert (limit.group, limit.rate, limit.burst, limit.bulk_rate, limit.bulk_burst) == (group, 2.5, None, 100, 5000)
    CreationLimit.objects.create()
    page = admin.get(LIMITS).content.decode()
    for words in (
        "partners",
        "2.5 jobs a second, 3 at once",
        "100 jobs a second, 5000 at once",
        "everyone",
        "unlimited",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"rate": "0"}, "give 0.001 to 10,000"),
        ({"rate": "many"}, "Enter a number"),
        ({"burst": "5"}, "give the rate too"),
        ({"rate": "1", "burst": "0"}, "give 1 to 1,000,000"),
    ],
)
def test_what_cannot_be_says_what_can(admin, wrong, words):
    response = admin.post(f"{LIMITS}add/", {"group": "", **wrong})
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not CreationLimit.objects.exists()


def test_the_second_for_everyone_points_to_the_first(admin):
    CreationLimit.objects.create(rate=1)
    assert "change that one" in admin.post(f"{LIMITS}add/", {"group": "", "rate": "2"}).content.decode()


def test_a_limit_needs_its_permission(onlooker):
    assert onlooker.get(LIMITS).status_code == 403
    assert onlooker.post(f"{LIMITS}add/", {"group": "", "rate": "2"}).status_code == 403


def test_a_new_job_too_fast_keeps_what_was_typed(admin, at):
    CreationLimit.objects.create(rate=0.125, burst=2)
    assert [admin.post(ADD, filled(at)).status_code for _ in range(2)] == [302, 302]
    response = admin.post(ADD, filled(at))
    assert (response.status_code, response["Retry-After"]) == (429, "8")
    page = response.content.decode()
    assert "You may create 1 job in 8 seconds; try again in 8 s. Nothing was created." in page
    assert 'value="hello"' in page
    assert Job.objects.count() == 2


def test_a_wrong_job_costs_nothing(admin, at):
    CreationLimit.objects.create(rate=0.125, burst=1)
    for _ in range(3):
        assert admin.post(ADD, filled(at, target="demo.slep")).status_code == 400
    assert admin.post(ADD, filled(at)).status_code == 302


def test_a_new_schedule_too_fast_keeps_what_was_typed(planner, at):
    CreationLimit.objects.create(rate=0.125, burst=1)
    wrong, preview = {**GIVEN, "expression": "61 * * * *"}, {**GIVEN, "_preview": "1"}
    assert [planner.post(ADD_SCHEDULE, free).status_code for free in (wrong, preview)] == [200, 200]
    assert planner.post(ADD_SCHEDULE, GIVEN).status_code == 302
    response = planner.post(ADD_SCHEDULE, {**GIVEN, "name": "second"})
    assert (response.status_code, response["Retry-After"]) == (429, "8")
    form = response.context["adminform"].form
    assert form.errors == {"__all__": ["You may create 1 job in 8 seconds; try again in 8 s. Nothing was created."]}
    page = response.content.decode()
    assert "try again in 8 s" in page
    assert 'value="second"' in page
    assert Schedule.objects.count() == 1


def test_a_change_of_a_schedule_costs_nothing(planner, at):
    CreationLimit.objects.create(rate=0.125, burst=1)
    planner.post(ADD_SCHEDULE, GIVEN)
    change = f"/admin/jobs/schedule/{Schedule.objects.get().pk}/change/"
    for queue in ("a", "b"):
        assert planner.post(change, {**GIVEN, "queue": queue}).status_code == 302


def test_schedules_that_are_brought_too_fast_say_when_to_go_on(client, person, at):
    client.force_login(person("view_schedule", "add_schedule", "add_job", staff=True))
    CreationLimit.objects.create(rate=0.125, burst=1)
    table = '[[commands]]\npattern = "*"\ntarget = "demo.noop"'
    given = {"source": "crontab", "zone": "UTC", "table": table, "_bring": "1", "take": "0"}
    client.post(BRING, {**given, "text": "30 2 * * * /bin/a\n"})
    page = client.post(BRING, {**given, "text": "30 2 * * * /bin/b\n"}).content.decode()
    assert "try again in 8 s. Nothing was created." in page
    assert "/bin/b" in page
    assert Schedule.objects.count() == 1


def test_a_trigger_that_is_started_too_fast_says_when_to_go_on(client, person, at):
    client.force_login(person("view_trigger", "fire_trigger", staff=True))
    CreationLimit.objects.create(rate=0.125, burst=1)
    rows = [Trigger.objects.create(name=name, target="demo.noop") for name in ("a", "b")]
    sent = {"action": "fire", "_selected_action": [row.pk for row in rows]}
    page = client.post("/admin/jobs/trigger/", sent, follow=True).content.decode()
    assert "b cannot be started: You may create 1 job in 8 seconds; try again in 8 s." in page
    assert Job.objects.count() == 1
