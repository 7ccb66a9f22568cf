"""`/jobs/7/edit/` and a new job like another: the fields hold what the job is, numbers as they were written."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from jobs.models import Audit, Calendar, Job, Preference
from tests.monitor.rows import ended, pending, running

pytestmark = pytest.mark.django_db
DUE = datetime(2099, 7, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def job(at):
    Calendar.objects.create(name="office", open_days=127)
    return pending(
        DUE,
        target="demo.sleep",
        payload={"seconds": Decimal("0.10")},
        name="<b>mine</b>",
        labels={"team": "payroll"},
        rerunnable=True,
        max_attempts=3,
        retry_on=["5xx", "TimeoutError"],
        key="books",
    )


def sent(page: str) -> dict[str, str]:
    """What a browser would send of the form as it is shown."""
    form = page[page.index('id="new-job"') :]
    found = {}
    for tag, inside in re.findall(r"<((?:input|textarea)[^>]*)>([^<]*)", form):
        name = re.search(r' name="([^"]+)"', tag)
        value = re.search(r' value="([^"]*)"', tag)
        is_box = 'type="checkbox"' in tag
        if name and not (is_box and "checked" not in tag):
            typed = value[1] if value else inside.removeprefix("\n") if tag.startswith("textarea") else ""
            text = "on" if is_box else typed
            found[name[1]] = text.replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">")
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected>', options)
        found[name] = chosen[1] if chosen else ""
    return found


def test_the_form_sent_as_it_is_shown_changes_nothing(operator, job):
    page = text(operator.get(f"/jobs/{job.pk}/edit/"))
    fields = sent(page)
    assert (fields["argument-seconds"], fields["run_at"]) == ("0.10", "2099-07-01 12:00:00.250000")
    response = operator.post(f"/jobs/{job.pk}/edit/", fields, follow=True)
    assert response.redirect_chain == [(f"/jobs/{job.pk}/", 302)]
    assert f"Job {job.pk} is as it was." in text(response)
    job.refresh_from_db()
    assert job.version == 1


def test_what_is_changed_is_written_and_stands_in_the_audit(operator, job):
    fields = sent(text(operator.get(f"/jobs/{job.pk}/edit/")))
    changed = {**fields, "argument-seconds": "0.20", "run_at": "2099-12-24 18:00", "reason": "they asked"}
    page = text(operator.post(f"/jobs/{job.pk}/edit/", {**changed, "time_zone": "Europe/Berlin"}, follow=True))
    assert f"Job {job.pk} was edited." in page
    assert "they asked" in page
    job.refresh_from_db()
    assert repr(job.payload) == repr({"seconds": Decimal("0.20")})
    assert job.run_at == datetime(2099, 12, 24, 17, tzinfo=UTC)
    assert (job.key, job.retry_on, job.labels) == ("books", ["5xx", "TimeoutError"], {"team": "payroll"})
    assert set(Audit.objects.get().after) == {"payload", "run_at"}
    # The next form speaks the zone that was used.
    assert sent(text(operator.get(f"/jobs/{job.pk}/edit/")))["run_at"] == "2099-12-24 18:00:00"


def test_a_time_that_clocks_show_twice_is_shown_in_utc(operator, job):
    Preference.objects.create(user_id=operator.session["_auth_user_id"], time_zone="Europe/Berlin")
    Job.objects.update(run_at=datetime(2099, 10, 25, 0, 30, tzinfo=UTC))
    fields = sent(text(operator.get(f"/jobs/{job.pk}/edit/")))
    assert fields["run_at"] == "2099-10-25 00:30:00 UTC"
    assert "is as it was" in text(operator.post(f"/jobs/{job.pk}/edit/", fields, follow=True))


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"argument-seconds": "many"}, "argument-seconds"),
        ({"argument-seconds": "-1"}, "argument-seconds"),
        ({"queue": "a b"}, "queue"),
        ({"run_at": "2020-01-01 00:00"}, "run_at"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"reason": "x" * 1001}, "__all__"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_changed(operator, job, typed, field):
    fields = {**sent(text(operator.get(f"/jobs/{job.pk}/edit/"))), "name": "another", **typed}
    response = operator.post(f"/jobs/{job.pk}/edit/", fields)
    assert response.status_code == 400
    assert list(response.context["form"].errors) == [field]
    assert 'value="another"' in text(response)
    job.refresh_from_db()
    assert (job.name, job.version) == ("<b>mine</b>", 1)


def test_who_comes_too_late_is_told(operator, job, at):
    fields = sent(text(operator.get(f"/jobs/{job.pk}/edit/")))
    for version in ("2", "", "x" * 20):
        page = text(operator.post(f"/jobs/{job.pk}/edit/", {**fields, "name": "mine", "version": version}, follow=True))
        assert "was changed since you opened it" in page
    busy = running(at)
    for response in (operator.get(f"/jobs/{busy.pk}/edit/", follow=True),):
        assert response.redirect_chain == [(f"/jobs/{busy.pk}/", 302)]
        assert f"Only a job that has not started can be edited; job {busy.pk} is running." in text(response)


def test_one_that_is_not_there(operator):
    assert operator.get("/jobs/4711/edit/").status_code == 404


def test_it_needs_the_right(viewer, job):
    for response in (viewer.get(f"/jobs/{job.pk}/edit/"), viewer.post(f"/jobs/{job.pk}/edit/", {"name": "x"})):
        assert response.status_code == 403
        assert "jobs.control_job" in text(response)


def test_a_payload_that_no_field_can_show_is_json(operator, job):
    Job.objects.update(payload={"seconds": None})
    fields = sent(text(operator.get(f"/jobs/{job.pk}/edit/")))
    assert fields["payload"] == '{\n  "seconds": null\n}'
    assert "argument-seconds" not in fields


# --- a new job like this one ---


@pytest.fixture
def creator(client, person):
    client.force_login(person("view_job", "add_job"))
    return client


def test_a_new_job_like_another_has_all_but_its_time(creator, job):
    assert f"/jobs/new/?like={job.pk}" in text(creator.get(f"/jobs/{job.pk}/"))
    page = text(creator.get("/jobs/new/", {"like": job.pk}))
    fields = sent(page)
    assert (fields["argument-seconds"], fields["run_at"]) == ("0.10", "in 1 minute")
    assert "<summary>Not together with others" in page
    assert creator.post("/jobs/new/", fields).status_code == 302
    new = Job.objects.exclude(pk=job.pk).get()
    for name in ("target", "queue", "name", "labels", "rerunnable", "max_attempts", "retry_on", "key", "overlap"):
        assert getattr(new, name) == getattr(job, name), name
    assert repr(new.payload) == repr(job.payload)


def test_one_that_has_ended_serves_too_and_one_that_is_not_there_does_not(creator, at):
    assert creator.get("/jobs/new/", {"like": ended(at).pk}).status_code == 200
    assert creator.get("/jobs/new/", {"like": "4711"}).status_code == 404
    assert creator.get("/jobs/new/", {"like": "x"}).status_code == 200


def test_jobs_of_others_are_not_there_for_one_who_sees_his_own_alone(client, person, job):
    client.force_login(person("add_job"))
    assert client.get("/jobs/new/", {"like": job.pk}).status_code == 404
    assert client.get(f"/jobs/{job.pk}/edit/").status_code == 403
