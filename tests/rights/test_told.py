"""Sentences that are stored name other jobs and schedules: those that a reader does not see are not named to him."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from jobs.clock import clock
from jobs.models import Attempt, Audit, Job, Kind, Limit, Occurrence, Schedule, Team, Verb
from jobs.models.querysets.dependencies import Wait
from jobs.models.querysets.turns import Occupied
from jobs.rights import EVERYTHING, reach_of
from jobs.rights.telling import tell
from jobs.states import Awaited, Cause, Overlap, State
from jobs.transitions.dependencies import runs, unblock
from jobs.transitions.limits.judge import View, judge
from jobs.transitions.limits.names import Name
from tests.admin.schedule_rows import schedule
from tests.api.conftest import JOBS, bearer
from tests.monitor.rows import pending
from tests.rights.conftest import page_of
from tests.rights.world import make

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
THEIRS = 87_654  # the id of a job that is in no page by chance
SECRET = "merger of 'x' & y"


@pytest.fixture
def theirs(ada: User) -> Job:
    return pending(clock.now() + timedelta(hours=1), id=THEIRS, labels={"team": "theirs"})


@pytest.fixture
def secret(ada: User) -> Schedule:
    return schedule(SECRET, now=clock.now(), labels={"team": "theirs"}, time_zone="UTC")


def told(text: str, user: User | None) -> str:
    reach = EVERYTHING if user is None else reach_of(user)
    return tell([Job(reason=text)], reach)[0].reason


# --- as they are made ---


def of_limit(kind: Kind, name: str, others: list[int], *, running: bool = True, concurrency: int = 1) -> str:
    """Return what a job is told that does not start, since these of its key or queue have all places."""
    places = Occupied(
        kind, name, running=others if running else [], given=[] if running else others, reserved={}, head=None
    )
    rule = Limit(kind=kind, name=name, concurrency=concurrency)
    row: Any = SimpleNamespace(
        id=10**9, run_at=NOON, attempt=0, overlap=Overlap.QUEUE, key_limit=concurrency, limits=[Name(kind, name)]
    )
    refusal = judge(row, {Name(kind, name): View(Name(kind, name), rule, places)}, now=NOON, until=NOON)
    assert refusal is not None
    return refusal.why


def test_a_job_of_the_same_key(ada: User, theirs: Job) -> None:
    for running, does in ((True, "ran"), (False, "was about to start")):
        text = of_limit(Kind.KEY, "pay", [THEIRS], running=running)
        assert told(text, None) == f"Job {THEIRS} of the key 'pay' {does} at its time."
        assert told(text, ada) == f"Another job of the key 'pay' {does} at its time."
    ours = make("job", "ours", ada)
    text = of_limit(Kind.KEY, "pay", [ours.pk])
    assert told(text, ada) == text


def test_how_many_of_a_key_or_a_queue(ada: User) -> None:
    Team.objects.get(name="ours").owns.create(kind="key", name="ours-k")
    ada = User.objects.get(pk=ada.pk)
    for kind, name in ((Kind.KEY, "ours-k"), (Kind.QUEUE, "ours-q")):
        text = of_limit(kind, name, [5, 6], concurrency=2)
        assert told(text, ada) == text
    for kind, wanted in (
        (Kind.KEY, "Other jobs of the key 'any' ran at its time."),
        (Kind.QUEUE, "The queue 'any' was full."),
    ):
        text = of_limit(kind, "any", [5, 6], concurrency=2)
        assert "2" in text
        assert told(text, ada) == wanted


def test_jobs_that_it_waited_for(ada: User, theirs: Job) -> None:
    ours = make("job", "ours", ada)
    for jobs in (1, 12):
        text = unblock._waited_for(Wait(job_id=1, jobs=jobs, open=0, broken=None, last=THEIRS))
        assert (str(THEIRS) in text, str(THEIRS) in told(text, None)) == (True, True)
        assert told(text, ada) == "It waited for another job."
        text = unblock._waited_for(Wait(job_id=1, jobs=jobs, open=0, broken=None, last=ours.pk))
        assert told(text, ada) == text
    ((_, text),) = unblock._in_vain([(ours, THEIRS)])
    assert told(text, ada) == "Another job, which it waited for, did not complete."
    ((_, text),) = unblock._in_vain([(ours, ours.pk)])
    assert told(text, ada) == text


def test_runs_of_schedules_that_it_waited_for(ada: User, secret: Schedule) -> None:
    ours = schedule("ours-x", now=clock.now(), labels={"team": "ours"}, time_zone="UTC")
    job = Job(run_at=NOON, waits_for_end=Awaited.SUCCESS)

    def verdict(name: str, nominal: datetime | None, **stands: Any) -> runs.Verdict:
        return runs._verdict(job, [runs.AwaitedRun(1, name, nominal, True, **stands)], NOON)

    late = NOON + timedelta(minutes=1)
    waited, failed, unknown = (
        (verdict(SECRET, NOON, over_at=late).waited_for, verdict(ours.name, NOON, over_at=late).waited_for),
        (verdict(SECRET, NOON, why="failed").vain, verdict(ours.name, NOON, why="failed").vain),
        (verdict(SECRET, None, why="is not known").vain, verdict(ours.name, None, why="is not known").vain),
    )
    assert told(waited[0], ada) == "It waited for the run of another schedule of 2030-01-01 12:00:00 UTC."
    assert (
        told(failed[0], ada) == "The run of another schedule of 2030-01-01 12:00:00 UTC, after which it comes, failed."
    )
    assert told(unknown[0], ada) == "What another schedule has that day, after which it comes, is not known."
    for theirs, ours_ in (waited, failed, unknown):
        assert (SECRET in theirs, told(theirs, None), told(ours_, ada)) == (True, theirs, ours_)


def test_what_people_and_targets_say_stays(ada: User, theirs: Job) -> None:
    for text in (f"See job {THEIRS}.", f"Job {THEIRS} of the accountant failed", f"RuntimeError: Job {THEIRS}"):
        assert told(text, ada) == text


# --- where they are shown ---


@pytest.fixture
def rows(ada: User, theirs: Job, secret: Schedule) -> dict[str, Any]:
    """A run of ours, with its story and its schedule's, all of which tells of others."""
    ada.user_permissions.add(Permission.objects.get(codename="approve_job"))
    of_run = f"The run of '{SECRET}' of 2030-01-01 12:00:00 UTC, after which it comes, failed."
    way = f"Job {THEIRS} of the same key takes its place."
    ours = schedule("ours-x", now=clock.now(), labels={"team": "ours"}, time_zone="UTC", after_ids=[])
    job = make("job", "ours", ada, state=State.FAILED)
    Job.objects.filter(pk=job.pk).update(
        reason=f"Cancelled while running by eve: {way}", waited_for=of_run, joined_id=THEIRS
    )
    Attempt.objects.filter(job=job).update(error=f"Cancelled while running by eve: {way}")
    states = {"from_state": State.RUNNING, "to_state": State.RUNNING}
    Audit.objects.create(job=job, verb=Verb.CANCEL, at=clock.now(), reason=way, **states)
    changed = {"after_ids": []}, {"after_ids": [secret.pk]}
    note: dict[str, Any] = {"by": None, "now": clock.now(), "before": changed[0], "after": changed[1]}
    Audit.objects.note("schedule", "ours-x", **note)
    at = clock.now() - timedelta(hours=1)
    for nominal in (at, clock.now() + timedelta(days=400)):
        Occurrence.objects.create(schedule=ours, nominal_at=nominal, cause=Cause.DEPENDENCY, why=of_run, noted_at=at)
    return {"job": job, "schedule": ours, "attempt": job.attempts.get(), "audit": job.audit.get(), "secret": secret}


ADDRESSES = {
    "the job": "/api/v1/jobs/{job.pk}/",
    "jobs": "/api/v1/jobs/?state=failed",
    "its audit": "/api/v1/audit/?job={job.pk}",
    "runs": "/api/v1/schedules/{schedule.pk}/runs/",
    "missed": "/api/v1/schedules/missed/",
    "the page": "/jobs/{job.pk}/",
    "its live part": "/jobs/{job.pk}/live/",
    "the page of the audit": "/audit/",
    "the audit to take out": "/api/v1/audit/export/?format=csv",
}
ADMIN = {
    "job_change": "job",
    "job_changelist": "",
    "attempt_change": "attempt",
    "audit_change": "audit",
    "occurrence_changelist": "",
    "schedule_page": "schedule",
}


def answers(user: User, rows: dict[str, Any]) -> dict[str, str]:
    api, page = bearer(user), page_of(user)
    found = {
        name: b"".join((api if address.startswith("/api") else page).get(address.format(**rows))).decode()
        for name, address in ADDRESSES.items()
    }
    for name, kind in ADMIN.items():
        answer = page.get(reverse(f"admin:jobs_{name}", args=[rows[kind].pk] if kind else []))
        assert answer.status_code == 200, name
        found[name] = answer.content.decode()
    return found


def test_nobody_is_named_wherever_they_are_shown(ada: User, rows: dict[str, Any]) -> None:
    root = answers(User.objects.create_superuser("root"), rows)
    named = {name for name, text in root.items() if str(THEIRS) in text or "merger of" in text}
    assert named == set(root), "or this test looks where nothing is told"
    for name, text in answers(ada, rows).items():
        assert str(THEIRS) not in text, name
        assert "merger of" not in text, name


def test_the_history_tells_no_more(ada: User, rows: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from jobs.api import history  # noqa: PLC0415

    monkeypatch.setattr(history, "listed", lambda *_, **__: (list(Job.objects.filter(pk=rows["job"].pk)), None))
    assert str(THEIRS) not in bearer(ada).get(f"{JOBS}?history=true").content.decode()
    root = bearer(User.objects.create_superuser("root"))
    assert str(THEIRS) in root.get(f"{JOBS}?history=true").content.decode()


def test_the_job_after_a_verb(ada: User, rows: dict[str, Any]) -> None:
    answer = bearer(ada).post(f"{JOBS}{rows['job'].pk}/retry/", {"reason": "so"}, content_type="application/json")
    assert answer.status_code == 200
    assert str(THEIRS) not in answer.content.decode()


def test_after_which_schedules_of_others_it_comes_is_not_in_the_audit(ada: User, rows: dict[str, Any]) -> None:
    def after(user: User) -> list[Any]:
        found = bearer(user).get("/api/v1/audit/?subject=schedule&name=ours-x").json()["results"]
        return [one["after"]["after_ids"] for one in found]

    assert after(ada) == [[], []]
    assert after(User.objects.create_superuser("root")) == [[rows["secret"].pk], []]


def test_what_it_costs(ada: User, rows: dict[str, Any], django_assert_num_queries: Any) -> None:
    reach, job = reach_of(ada), Job.objects.with_story().get(pk=rows["job"].pk)
    with django_assert_num_queries(3):  # which jobs, also of the history, and which schedules
        tell([job] * 3, reach)
    with django_assert_num_queries(0):
        tell([job, Job(reason="It said so.")], reach)
        tell([job], EVERYTHING)
