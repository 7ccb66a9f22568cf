"""An edit of a job that has not started: judged as a new one, a new version, audited with what was before."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError

from jobs import targets, transitions
from jobs.models import Audit, Job, Limit, Turn, Verb
from jobs.states import Hold, Overlap, State
from jobs.targets import registry
from jobs.transitions import editing
from tests.conftest import NOW, seconds
from tests.transitions.steps import CLOSES, EVENING, OPENS, acquire, again

pytestmark = pytest.mark.django_db


def edit(job, /, *, by=None, version=None, reason="", **changes):
    seen = None if version is None else {version}
    return transitions.edit(job.pk, changes, now=NOW, by=by, seen=seen, reason=reason)


@pytest.fixture
def people():
    ann, bob = (User.objects.create(username=name, is_superuser=True) for name in ("ann", "bob"))
    return ann, bob


@pytest.fixture
def dangerous(monkeypatch):
    """A target of whose jobs those wait for approval that delete something."""
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))

    @targets.target("test.tidy", dangerous=lambda payload: "delete" in payload)
    def tidy(keep: int = 1, delete: int = 0) -> None:
        """Nobody calls it here."""

    return {"target": "test.tidy", "payload": {"keep": 1}}


ALL = {
    "name": "new",
    "payload": {"seconds": Decimal("0.10")},
    "queue": "slow",
    "labels": {"team": "payroll"},
    "run_at": NOW + seconds(7200),
    "rerunnable": True,
    "max_attempts": 3,
    "retry_on": ["failure"],
    "start_within": 60,
    "deadline": 30,
    "if_late": "hold",
    "key": "books",
    "key_limit": 2,
    "overlap": "skip",
    "calendar": "office",
    "blackout": "skip",
}


def test_whatever_can_be_edited_is_written_and_audited_with_what_it_was(make_job, office, people):
    assert set(ALL) == set(editing.EDITABLE)
    job = make_job(3600, target="demo.sleep", payload={"seconds": 1})
    answer = edit(job, by=people[0], reason="they asked", **ALL)
    assert (answer.done, answer.why) == (True, f"Job {job.pk} was edited.")
    now = again(job)
    for name, value in (ALL | {"calendar": office}).items():
        assert getattr(now, name) == value, name
    assert repr(now.payload) == repr(ALL["payload"])
    assert (now.version, now.state) == (2, State.PENDING)
    row = Audit.objects.get()
    assert (row.verb, row.by, row.reason, row.from_state, row.to_state) == (Verb.EDIT, people[0], "they asked", 0, 0)
    assert set(row.before) == set(row.after) == {*ALL, "calendar_id"} - {"calendar"}
    assert (row.before["queue"], row.after["queue"]) == ("default", "slow")
    assert repr(row.after["payload"]) == repr(ALL["payload"])
    assert (row.before["run_at"], row.after["run_at"]) == (job.run_at.isoformat(), ALL["run_at"].isoformat())


def test_only_what_changes_is_audited(make_job):
    job = make_job(3600, name="old")
    assert edit(job, name="new", queue="default").done
    assert (Audit.objects.get().before, Audit.objects.get().after) == ({"name": "old"}, {"name": "new"})


@pytest.mark.parametrize(("was", "becomes"), [(1, Decimal("1.0")), (1, True), (Decimal("0.1"), Decimal("0.10"))])
def test_what_is_written_differently_is_a_change(make_job, was, becomes):
    payload = {"url": "https://a.example/", "json": [was]}
    job = make_job(3600, target="http", payload=payload)
    assert edit(job, payload={**payload, "json": [becomes]}).done
    assert repr(again(job).payload["json"]) == repr([becomes])


def test_what_stays_as_it_is_is_no_edit(make_job, published):
    job = make_job(3600, name="old", payload={"url": "https://a.example/", "text": "b"}, target="http")
    answer = edit(job, name="old", payload={"text": "b", "url": "https://a.example/"}, key="", run_at=job.run_at)
    assert (answer.done, answer.why) == (True, f"Job {job.pk} is as it was.")
    assert again(job).version == 1
    assert not Audit.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"payload": {"secnds": 1}}, "payload", "'secnds' is not known"),
        ({"queue": "a b"}, "queue", "letters, digits"),
        ({"run_at": NOW - seconds(60)}, "run_at", "in the past"),
        ({"max_attempts": 3}, "max_attempts", "declare it rerunnable"),
        ({"calendar": "there is none"}, "calendar", "There is no calendar"),
    ],
)
def test_what_a_new_job_may_not_be_no_edit_makes_of_it(make_job, published, changes, field, says):
    job = make_job(3600, target="demo.sleep", payload={"seconds": 1})
    with pytest.raises(ValidationError) as refused:
        edit(job, name="new", **changes)
    assert says in refused.value.message_dict[field][0]
    assert (again(job).name, again(job).version) == ("", 1)
    assert not Audit.objects.exists()


def test_it_needs_the_rights_that_a_new_job_needs(make_job):
    ann = User.objects.create(username="ann")
    ann.user_permissions.set(Permission.objects.filter(codename__in=("view_job", "add_job")))
    job = make_job(3600, by=ann)
    with pytest.raises(ValidationError) as refused:
        edit(job, by=ann, overlap=Overlap.CANCEL, key="books")
    assert "jobs.control_job" in refused.value.message_dict["overlap"][0]


def test_who_has_seen_an_older_version_is_told(make_job):
    job = make_job(3600)
    assert edit(job, name="first", version=1).done
    answer = edit(job, name="second", version=1)
    assert (answer.done, answer.why) == (
        False,
        f"Job {job.pk} was changed since you opened it: look at it, then edit it again.",
    )
    assert again(job).name == "first"
    assert edit(again(job), name="second", version=2).done


def test_the_old_message_starts_nothing_and_a_new_one_goes_out(make_job, published):
    job = make_job(2)
    published.clear()
    assert edit(job, queue="slow").done
    assert published == [(job.pk, 2, job.run_at, "slow", 1)]
    assert acquire(job, version=1) is None
    assert acquire(again(job), queue="slow") is not None


def test_beyond_the_window_it_is_left_to_the_list_query(make_job, published):
    job = make_job(2)
    published.clear()
    assert edit(job, run_at=NOW + seconds(3600)).done
    assert (again(job).enqueued_at, again(job).deliveries, published) == (None, 0, [])


def test_a_time_that_has_passed_stays_unless_it_is_edited(make_job):
    job = make_job(1)
    Job.objects.filter(pk=job.pk).update(run_at=NOW - seconds(60), created_at=NOW - seconds(120))
    assert edit(job, name="late").done
    assert again(job).run_at == NOW - seconds(60)
    assert edit(job, run_at=None).done
    assert again(job).run_at == NOW


def test_its_calendar_is_asked_only_where_its_time_is_another(make_job, office):
    job = make_job((EVENING - NOW).total_seconds(), calendar="office")
    assert (job.run_at, job.asked_run_at) == (OPENS, EVENING)
    assert edit(job, name="named").done
    assert (again(job).run_at, again(job).asked_run_at, again(job).waited_for) == (OPENS, EVENING, job.waited_for)
    assert edit(job, blackout="earlier").done
    assert (again(job).run_at < CLOSES, again(job).asked_run_at) == (True, EVENING)
    assert edit(job, calendar=None).done
    assert (again(job).run_at, again(job).asked_run_at, again(job).calendar) == (EVENING, None, None)


def test_one_that_is_late_and_gets_a_calendar_comes_now(make_job, office):
    job = make_job(1)
    Job.objects.filter(pk=job.pk).update(run_at=NOW - seconds(60), created_at=NOW - seconds(120))
    assert edit(job, calendar="office").done
    assert again(job).run_at == NOW


def test_an_approval_was_for_what_it_was(make_job, dangerous, people, published):
    ann, bob = people
    job = make_job(3600, by=ann, **dangerous)
    assert job.holds == 0
    assert edit(job, by=bob, payload={"delete": 1}).done
    assert (again(job).held_by, again(job).approved_at) == (Hold.APPROVAL, None)
    mine = transitions.approve(job.pk, now=NOW, by=bob)
    assert mine.why == f"You have changed job {job.pk}, or asked for its start; somebody else must approve it."
    carl = User.objects.create(username="carl", is_superuser=True)
    assert transitions.approve(job.pk, now=NOW, by=carl).done
    assert edit(job, by=bob, name="another").done
    assert (again(job).held_by, again(job).approved_at) == (Hold.APPROVAL, None)
    assert edit(job, by=bob, payload={"keep": 2}).done
    assert again(job).holds == 0


def test_what_it_waits_for_and_a_persons_word_stay(make_job):
    first = make_job(3600)
    job = make_job(7200, waits_for=[first.pk])
    assert edit(job, name="named").done
    assert again(job).held_by == Hold.DEPENDENCIES
    Job.objects.filter(pk=job.pk).update(holds=Hold.PERSON)
    assert edit(job, name="again").done
    assert again(job).held_by == Hold.PERSON


def test_a_place_in_line_is_given_back(make_job):
    running, job = make_job(1, key="books"), make_job(1, key="books")
    assert acquire(running) is not None
    assert acquire(job) is None
    assert again(job).held_by == Hold.KEY
    assert edit(job, key="other").done
    assert (again(job).holds, Turn.objects.filter(job_id=job.pk).count()) == (0, 0)
    assert acquire(again(job)) is not None


def test_the_moment_of_its_old_queues_rate_is_given_back(make_job, published):
    Limit.objects.create(name="mail", rate=0.5)
    first, job = make_job(1, queue="mail"), make_job(1, queue="mail")
    assert acquire(first)
    assert acquire(job) is None
    assert again(job).not_before == job.run_at + seconds(2)
    published.clear()
    assert edit(job, queue="default").done
    assert (again(job).not_before, again(job).waited_for) == (None, "")
    assert [one.run_at for one in published] == [job.run_at]


def test_a_job_that_has_started_is_not_edited(make_job):
    job = make_job(1)
    acquire(job)
    answer = edit(job, name="too late")
    assert not answer.done
    assert f"Only a job that has not started can be edited; job {job.pk} is running since" in answer.why
    assert edit(Job(pk=4711), name="gone").why == "There is no job 4711."
