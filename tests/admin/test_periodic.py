"""django-celery-beat's pages: who may only look changes and sends nothing, and what would never run is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from celery import current_app
from django.contrib.auth.models import Permission, User
from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks

from jobs.admin import periodic

pytestmark = pytest.mark.django_db
URL = "/admin/django_celery_beat/"
PAST = datetime(2001, 1, 1, tzinfo=UTC)
FUTURE = datetime(2051, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def allowed(settings):
    settings.JOBS_CELERY_TASKS = ["mail.send"]


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """What was given to the broker."""
    found = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **message: found.append((name, message)))
    return found


@pytest.fixture
def enter(client):
    """Log in somebody with these rights on django-celery-beat's tables; returns the client."""

    def log_in(*verbs: str):
        user = User.objects.create_user("grace", password="pw", is_staff=True)
        rights = Permission.objects.filter(content_type__app_label="django_celery_beat")
        user.user_permissions.set([right for right in rights if right.codename.partition("_")[0] in verbs])
        client.force_login(user)
        return client

    return log_in


def crontab(**fields) -> CrontabSchedule:
    return CrontabSchedule.objects.create(**{"minute": "0", "hour": "9", **fields})


def row(name="digest", **fields) -> PeriodicTask:
    made = {"task": "mail.send", "crontab": fields.pop("crontab", None) or crontab(), "enabled": False, **fields}
    task = PeriodicTask(name=name, **made)
    task.save()
    return task


def act(client, action, *rows):
    data = {"action": action, "_selected_action": [str(one.pk) for one in rows]}
    page = client.post(f"{URL}periodictask/", data, follow=True)
    return [str(message) for message in page.context["messages"]]


def asked(**fields):
    """What a browser sends of the form of an entry."""
    return {
        "name": "new",
        "task": "mail.send",
        "enabled": "on",
        "args": "[]",
        "kwargs": "{}",
        "headers": "{}",
        **fields,
    }


def problems(page) -> dict[str, list[str]]:
    return dict(page.context["adminform"].form.errors)


def test_whoever_may_only_look_enables_disables_and_sends_nothing(enter, sent):
    client, off, on = enter("view"), row(), row("on", enabled=True)
    page = client.get(f"{URL}periodictask/").content.decode()
    assert "Send now" not in page
    for action in ("enable", "disable", "run"):
        act(client, action, off, on)
    assert (PeriodicTask.objects.get(pk=off.pk).enabled, PeriodicTask.objects.get(pk=on.pk).enabled) == (False, True)
    assert sent == []
    assert client.get(f"{URL}periodictask/{off.pk}/change/").status_code == 200


def test_whoever_may_change_entries_enables_disables_and_sends_them(enter, sent):
    client, one = enter("view", "change"), row(args="[1]", kwargs='{"to": "ada"}', queue="slow")
    before = PeriodicTasks.last_change()
    assert act(client, "enable", one) == ["1 enabled."]
    assert PeriodicTask.objects.get().enabled
    assert PeriodicTasks.last_change() > before, "beat does not read what it is not told of"
    assert act(client, "run", one) == ["1 sent."]
    message = {"args": [1], "kwargs": {"to": "ada"}, "queue": "slow", "headers": {"periodic_task_name": "digest"}}
    assert sent == [("mail.send", message)]
    PeriodicTask.objects.update(last_run_at=PAST)
    assert act(client, "disable", one) == ["1 disabled."]
    assert PeriodicTask.objects.values_list("enabled", "last_run_at").get() == (False, None)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"task": "shop.wipe"}, "JOBS_CELERY_TASKS does not allow shop.wipe"),
        ({"day_of_week": "7"}, "write 0 for Sunday"),
        ({"day_of_month": "30", "month_of_year": "2"}, "February has no day 30"),
        ({"expires": PAST}, "It has expired"),
        ({"expires": FUTURE, "start_time": FUTURE}, "It expires before its first moment"),
        ({"kwargs": "{"}, "are not JSON"),
    ],
)
def test_what_may_not_or_would_never_run_is_neither_enabled_nor_sent_nor_saved_as_on(enter, sent, fields, why):
    client = enter("view", "add", "change")
    wall = {name: fields.pop(name) for name in list(fields) if name in ("day_of_week", "day_of_month", "month_of_year")}
    one = row(crontab=crontab(**wall), **fields)
    for action, none in (("enable", "0 enabled."), ("run", "0 sent.")):
        refused, count = act(client, action, one)
        assert why in refused
        assert count == none
    assert not PeriodicTask.objects.get().enabled
    assert sent == []

    form = asked(
        crontab=one.crontab_id, **{name: value for name, value in fields.items() if value not in (PAST, FUTURE)}
    )
    for name in ("expires", "start_time"):
        if name in fields:
            form |= {f"{name}_0": f"{fields[name]:%Y-%m-%d}", f"{name}_1": f"{fields[name]:%H:%M:%S}"}
    said = problems(client.post(f"{URL}periodictask/{one.pk}/change/", {**form, "name": one.name}))
    assert why in str(said)
    off = client.post(f"{URL}periodictask/{one.pk}/change/", {**form, "name": one.name, "enabled": ""})
    assert off.status_code == 302, "it can be kept as it is, while it is off"


def test_an_entry_can_be_made_of_an_allowed_task_only(enter):
    client = enter("view", "add", "change")
    page = client.get(f"{URL}periodictask/add/")
    assert page.context["adminform"].form.fields["task"].choices == [("", "---------"), ("mail.send", "mail.send")]
    refused = client.post(f"{URL}periodictask/add/", asked(task="shop.wipe", crontab=crontab().pk))
    assert "task" in problems(refused)
    assert client.post(f"{URL}periodictask/add/", asked(crontab=CrontabSchedule.objects.get().pk)).status_code == 302
    assert PeriodicTask.objects.values_list("task", "enabled").get() == ("mail.send", True)


@pytest.mark.parametrize(
    ("fields", "field", "why"),
    [
        ({"day_of_week": "7"}, "day_of_week", "write 0 for Sunday"),
        ({"day_of_week": "6-7"}, "day_of_week", "write 0 for Sunday"),
        ({"day_of_month": "30", "month_of_year": "2"}, "day_of_month", "February has no day 30"),
        ({"month_of_year": "1-12/0"}, "month_of_year", ""),
    ],
)
def test_a_crontab_that_celery_would_pass_over_is_refused(enter, fields, field, why):
    client = enter("view", "add", "change")
    form = {
        "minute": "0",
        "hour": "9",
        "day_of_month": "*",
        "month_of_year": "*",
        "day_of_week": "*",
        "timezone": "UTC",
    }
    inline = {"periodictask_set-TOTAL_FORMS": "0", "periodictask_set-INITIAL_FORMS": "0"}
    said = problems(client.post(f"{URL}crontabschedule/add/", {**form, **fields, **inline}))
    assert why in str(said[field])
    assert client.post(f"{URL}crontabschedule/add/", {**form, **inline}).status_code == 302


@pytest.mark.parametrize(
    "model", ["periodictask", "crontabschedule", "intervalschedule", "solarschedule", "clockedschedule"]
)
def test_each_page_says_where_schedules_are(enter, model):
    client = enter("view", "add")
    for page in (f"{URL}{model}/", f"{URL}{model}/add/"):
        assert "These are Celery's own entries" in client.get(page).content.decode()


def test_nothing_of_theirs_is_left():
    """A page that django-celery-beat brings in a later release would stand beside ours."""
    from django.contrib import admin  # noqa: PLC0415

    pages = {m: type(p) for m, p in admin.site._registry.items() if m._meta.app_label == "django_celery_beat"}
    assert len(pages) == 5
    assert all(issubclass(page, periodic.Elsewhere) for page in pages.values())
