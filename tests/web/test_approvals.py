"""An approval is of what was seen, and ends with another start of it: by every way in."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs import targets, transitions
from jobs.clock import clock
from jobs.models import Job
from jobs.states import Hold, State
from jobs.targets import registry
from tests.api.conftest import JOBS, bearer
from tests.monitor.test_job_edit import sent

pytestmark = pytest.mark.django_db
JSON = "application/json"
CHANGED = "was changed since you looked"


@pytest.fixture
def people() -> tuple[User, User, User]:
    ann = User.objects.create_user("ann")
    return (ann, *(User.objects.create_superuser(name) for name in ("bob", "root")))


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch, make_job: Any, people: tuple[User, ...]) -> Job:
    """A job of a dangerous target that ann has created, for in an hour."""
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))

    @targets.target("test.drop_everything", dangerous=True)
    def drop_everything(table: str = "all") -> None:
        """Nobody calls it here."""

    made: Job = make_job(3600, now=clock.current(), by=people[0], target="test.drop_everything", payload={})
    return made


def page(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def edited(job: Job) -> None:
    assert transitions.edit(job.pk, {"payload": {"table": "one"}}, now=clock.current()).done


LATER = "2099-01-01T09:00:00Z"
CHOSEN: dict[str, Any] = {"post": "yes", "reason": "because"}


def _edit(root: User, job: Job) -> Any:
    client = page(root)
    fields = sent(client.get(f"/jobs/{job.pk}/edit/").content.decode())
    return client.post(f"/jobs/{job.pk}/edit/", {**fields, "name": "another"})


def _action(name: str, **more: Any) -> Any:
    return lambda root, job: page(root).post(
        "/admin/jobs/job/", {"action": name, "_selected_action": [job.pk], **CHOSEN, **more}
    )


WAYS = {
    "REST: another time": lambda root, job: bearer(root).patch(
        f"{JOBS}{job.pk}/", {"run_at": LATER}, content_type=JSON
    ),
    "REST: now": lambda root, job: bearer(root).post(f"{JOBS}{job.pk}/run-now/", {}, content_type=JSON),
    "page: now": lambda root, job: page(root).post(f"/jobs/{job.pk}/run-now/"),
    "page: an edit": _edit,
    "admin: now": _action("run_now"),
    "admin: another time": _action("reschedule", run_at="2099-01-01T09:00:00", time_zone="UTC"),
}
OF_A_CANCELLED_ONE = {
    "REST: again": lambda root, job: bearer(root).post(f"{JOBS}{job.pk}/retry/", {}, content_type=JSON),
    "page: again": lambda root, job: page(root).post(f"/jobs/{job.pk}/retry/"),
    "page: undone": lambda root, job: page(root).post(f"/jobs/{job.pk}/undo/"),
    "admin: again": _action("retry"),
}


@pytest.mark.parametrize("way", [*WAYS, *OF_A_CANCELLED_ONE])
def test_another_start_is_approved_anew(way: str, job: Job, people: tuple[User, ...]) -> None:
    _, bob, root = people
    assert transitions.approve(job.pk, now=clock.current(), by=bob).done
    if way in OF_A_CANCELLED_ONE:
        assert transitions.cancel(job.pk, now=clock.current(), reason="").done
    job.refresh_from_db()
    answer = {**WAYS, **OF_A_CANCELLED_ONE}[way](root, job)
    assert answer.status_code in (200, 302), answer.content
    before = job.version
    job.refresh_from_db()
    assert job.version > before, "something was done"
    assert (job.state, job.approved_at, job.held_by & Hold.APPROVAL) == (State.PENDING, None, Hold.APPROVAL)


def test_a_page_that_is_older_approves_nothing(job: Job, people: tuple[User, ...]) -> None:
    _, bob, _ = people
    for address in (f"/jobs/{job.pk}/", f"/admin/jobs/job/{job.pk}/change/"):
        job.refresh_from_db()
        shown = page(bob).get(address).content.decode()
        assert f'<input type="hidden" name="version" value="{job.version}">' in shown
        edited(Job.objects.get(pk=job.pk)) if job.payload == {} else transitions.run_now(job.pk, now=clock.current())
        form = {"version": job.version, "next": address}
        assert CHANGED in page(bob).post(f"/jobs/{job.pk}/approve/", form, follow=True).content.decode()
        job.refresh_from_db()
        assert job.approved_at is None
    assert CHANGED in page(bob).post(f"/jobs/{job.pk}/approve/", follow=True).content.decode(), "one that does not say"
    page(bob).post(f"/jobs/{job.pk}/approve/", {"version": job.version})
    job.refresh_from_db()
    assert job.approved_at is not None


@pytest.mark.parametrize("way", ["body", "header"])
def test_rest_approves_the_version_that_was_seen(way: str, job: Job, people: tuple[User, ...]) -> None:
    client = bearer(people[1])
    seen = client.get(f"{JOBS}{job.pk}/").json()["version"]

    def approve(version: int) -> Any:
        if way == "body":
            return client.post(f"{JOBS}{job.pk}/approve/", {"version": version}, content_type=JSON)
        return client.post(f"{JOBS}{job.pk}/approve/", {}, content_type=JSON, headers={"If-Match": f'"{version}"'})

    edited(job)
    refused = approve(seen)
    assert (refused.status_code, CHANGED in refused.json()["detail"]) == (409, True)
    assert approve(client.get(f"{JOBS}{job.pk}/").json()["version"]).status_code == 200


def test_a_header_that_names_no_version_is_refused(job: Job, people: tuple[User, ...]) -> None:
    answer = bearer(people[1]).post(f"{JOBS}{job.pk}/approve/", {}, content_type=JSON, headers={"If-Match": '"abc"'})
    assert (answer.status_code, "version" in answer.json()["detail"]) == (400, True)
