"""Jobs of other teams: not there for whoever is in none of them, and nothing leads to them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from jobs import transitions
from jobs.models import Attempt, Audit, Batch, Job, Limit, Occurrence, Schedule, Team, Verb
from jobs.rights import EVERYTHING, reach_of
from jobs.states import Hold, State
from jobs.transitions import keeping
from tests.api.conftest import JOBS, bearer
from tests.conftest import NOW
from tests.rights.conftest import MakeTeam, MakeUser, page_of
from tests.rights.world import make, worker


@pytest.fixture
def ada(make_user: MakeUser, make_team: MakeTeam) -> User:
    """An operator of one team, without the right to those of all."""
    ada = make_user("ada", "operator")
    ada.user_permissions.remove(Permission.objects.get(codename="all_teams"))
    make_team("ours", ada, queues=["ours-q"])
    make_team("theirs", queues=["theirs-q"])
    return User.objects.get(pk=ada.pk)


def moved_to_theirs(user: User) -> Job:
    """A job that this user has made, and that is another team's now."""
    job: Job = make("job", "theirs", user)
    Job.objects.filter(pk=job.pk).update(created_by=user)
    return job


VERBS = ("run-now", "retry", "confirm-done", "confirm-failed", "keep", "let-go")


def test_what_is_seen_and_not_his_is_refused_with_a_sentence(ada: User) -> None:
    job = moved_to_theirs(ada)
    assert bearer(ada).get(f"{JOBS}{job.pk}/").status_code == 200
    for verb in VERBS:
        sent = {} if verb == "run-now" else {"reason": "so"}
        answer = bearer(ada).post(f"{JOBS}{job.pk}/{verb}/", sent, content_type="application/json")
        assert answer.status_code == 403, (verb, answer.content)
        assert f"Job {job.pk} belongs to the team 'theirs', in which you are not" in answer.json()["detail"]
        assert "'jobs.all_teams'. The roles operator and admin have it." in answer.json()["detail"]
    page = page_of(ada).post(f"/jobs/{job.pk}/run-now/")
    assert (page.status_code, "you see it, and may not change it" in page.content.decode()) == (403, True)
    assert Job.objects.get().version == 1
    assert "Run now" not in page_of(ada).get(f"/jobs/{job.pk}/").content.decode(), "nor is it offered"


def test_what_is_not_seen_is_not_there_for_any_verb(ada: User) -> None:
    ada.user_permissions.add(Permission.objects.get(codename="approve_job"))
    ada = User.objects.get(pk=ada.pk)
    job = make("job", "theirs", ada)
    says = {"now": NOW, "reason": "so", "by": ada}
    for verb in (transitions.approve, transitions.run_now, keeping.keep, keeping.let_go):
        answer = verb(job.pk, **says)
        assert (answer.done, answer.job, answer.why) == (False, None, f"There is no job {job.pk}."), verb
    own = moved_to_theirs(ada)
    for verb in (transitions.approve, keeping.keep, keeping.let_go):
        assert verb(own.pk, **says).forbidden, verb


def test_a_scope_narrows_all_that_can_be_asked_for(ada: User) -> None:
    """Of a superuser's token for one queue: what is of that queue, and nothing that belongs to all."""
    at = {"ours-q": make("job", "nobodys", ada), "other": make("job", "nobodys", ada)}
    rows: dict[str, dict[str, Any]] = {}
    for queue, job in at.items():
        batch = Batch.objects.create(name=queue)
        Job.objects.filter(pk=job.pk).update(queue=queue, batch=batch)
        schedule = make("schedule", "nobodys", ada)
        type(schedule).objects.filter(pk=schedule.pk).update(queue=queue)
        noted = Audit.objects.create(job=job, verb=Verb.RUN_NOW, at=NOW, from_state=0, to_state=0)
        limit, missed = Limit.objects.create(name=queue), make("missed", "nobodys", ada)
        Occurrence.objects.filter(pk=missed.pk).update(schedule=schedule)
        rows[queue] = {
            "batch": batch,
            "schedule": schedule,
            "audit": noted,
            "limit": limit,
            "missed": missed,
            "job": job,
        }
    Limit.objects.create(kind="key", name="ours-q")
    Audit.objects.create(subject="worker", name="w1", verb="drain", at=NOW)
    kinds = (*(one.objects for one in (Batch, Schedule, Audit, Limit)), Occurrence.objects.missed(), Job.objects)
    for reach in (EVERYTHING, reach_of(ada)):
        scoped = reach.scoped(queues=["ours-q"])
        seen = [list(kind.within(scoped).values_list("pk", flat=True)) for kind in kinds]
        # What nobody owns is seen by those who reach all; the queue itself is the team's, and what says nothing is its.
        assert seen == [[rows["ours-q"][name].pk] for name in ("batch", "schedule", "audit", "limit", "missed", "job")]
        assert not scoped.has("key", "ours-q")
        assert scoped.has("queue", "ours-q")
    assert Audit.objects.within(EVERYTHING).count() == Audit.objects.count()
    assert Attempt.objects.within(EVERYTHING.scoped(queues=["ours-q"])).count() == 0


def test_what_one_has_made_one_may_cancel(ada: User) -> None:
    for cancel in (
        lambda job: bearer(ada).post(f"{JOBS}{job.pk}/cancel/", content_type="application/json"),
        lambda job: page_of(ada).post(f"/jobs/{job.pk}/cancel/"),
    ):
        job = moved_to_theirs(ada)
        assert cancel(job).status_code in (200, 302)
        assert Job.objects.get(pk=job.pk).state == State.CANCELLED


def test_a_transition_asks_under_the_lock(ada: User) -> None:
    """Whoever gives the job to another team while somebody asks for it is heard."""
    job = make("job", "ours", ada)
    assert transitions.run_now(job.pk, now=NOW, by=ada).done
    Job.objects.filter(pk=job.pk).update(labels={"team": "theirs"})
    answer = transitions.run_now(job.pk, now=NOW, by=ada)
    assert (answer.done, answer.job, answer.why) == (False, None, f"There is no job {job.pk}.")
    assert Job.objects.get().version == 2, "told once"


def test_what_others_wait_for_is_not_told(ada: User, make_job: Any) -> None:
    theirs = make("job", "theirs", ada)
    ours = make_job(60, waits_for=[theirs.pk], labels={"team": "ours"})
    later = make_job(60, waits_for=[ours.pk], labels={"team": "theirs"})
    shown = bearer(ada).get(f"{JOBS}{ours.pk}/").json()
    assert (shown["waits_for"], shown["dependents"]) == ([], [])
    page = page_of(ada).get(f"/jobs/{ours.pk}/").content.decode()
    assert f"/jobs/{theirs.pk}/" not in page
    assert f"/jobs/{later.pk}/" not in page
    root = bearer(User.objects.create_superuser("root"))
    shown = root.get(f"{JOBS}{ours.pk}/").json()
    assert [[one["id"] for one in shown[name]] for name in ("waits_for", "dependents")] == [[theirs.pk], [later.pk]]


def test_to_wait_for_a_job_of_others_is_to_ask_for_none(ada: User) -> None:
    theirs = make("job", "theirs", ada)
    for number in (theirs.pk, 2**40):
        sent = {"target": "demo.noop", "waits_for": [number]}
        answer = bearer(ada).post(JOBS, sent, content_type="application/json")
        assert answer.json()["detail"].startswith(
            f"waits_for: There is no job {number}; a job waits for jobs that exist"
        )


def test_figures_count_what_is_seen(ada: User) -> None:
    make("job", "theirs", ada, state=State.FAILED)
    make("job", "ours", ada, state=State.FAILED)
    counts = bearer(ada).get("/api/v1/stats/").json()["jobs"]
    assert (counts["failed"], counts["pending"]) == (1, 0)


def test_what_is_owned_by_its_name_is_changed_by_its_owners_alone(ada: User) -> None:
    """The same sentence whether there is such a thing; workers are nobody's."""
    ada.user_permissions.add(
        *Permission.objects.filter(codename__in=["change_limit", "delete_limit", "change_calendar"])
    )
    Team.objects.get(name="ours").owns.create(kind="calendar", name="ours-c")
    api, at_work = bearer(ada), worker()

    def status(method: str, address: str, **body: Any) -> int:
        answer = api.generic(method, f"/api/v1/{address}/", json.dumps(body), content_type="application/json")
        if answer.status_code == 403:
            assert "belongs to no team of yours" in answer.json()["detail"]
            assert "'jobs.all_teams'" in answer.json()["detail"]
        return int(answer.status_code)

    for queue, wanted in (("ours-q", 200), ("theirs-q", 403), ("no-such", 403)):
        assert status("PUT", f"limits/queue/{queue}", concurrency=2) == wanted
        assert status("POST", f"limits/queue/{queue}/pause") == wanted
        assert status("POST", f"limits/queue/{queue}/resume") == wanted
        assert status("DELETE", f"limits/queue/{queue}") == (204 if wanted == 200 else wanted)
    assert status("PUT", "calendars/ours-c", days=["monday"]) == 201
    for calendar in ("nobodys-c", "theirs-c"):
        assert status("PUT", f"calendars/{calendar}", days=["monday"]) == 403
    assert status("POST", f"workers/{at_work.session}/drain", reason="so") == 403
    assert not Limit.objects.filter(name="theirs-q").exists()


def test_after_which_schedules_of_others_it_comes_is_not_told(ada: User) -> None:
    theirs, ours = make("schedule", "theirs", ada), make("schedule", "ours", ada)
    Schedule.objects.filter(pk=ours.pk).update(after_ids=[theirs.pk])
    run = make("job", "ours", ada)
    Job.objects.filter(pk=run.pk).update(schedule=ours, nominal_at=ours.next_at, holds=Hold.DEPENDENCIES)
    assert bearer(ada).get(f"/api/v1/schedules/{ours.pk}/").json()["after"] == []
    assert bearer(ada).get(f"{JOBS}{run.pk}/").json()["waits_for_runs"] == []
    root = bearer(User.objects.create_superuser("root"))
    assert root.get(f"/api/v1/schedules/{ours.pk}/").json()["after"] == [theirs.name]
    assert {one["name"] for one in root.get(f"{JOBS}{run.pk}/").json()["waits_for_runs"]} == {theirs.name}
    for name in (theirs.name, "no-such"):
        answer = bearer(ada).patch(f"/api/v1/schedules/{ours.pk}/", {"after": [name]}, content_type="application/json")
        # What it comes after already may stay, by whomever that was said.
        assert answer.status_code == (200 if name == theirs.name else 400)
    Schedule.objects.filter(pk=ours.pk).update(after_ids=[])
    answer = bearer(ada).patch(
        f"/api/v1/schedules/{ours.pk}/", {"after": [theirs.name]}, content_type="application/json"
    )
    assert f"There is no schedule '{theirs.name}'" in answer.json()["detail"]
