"""Schedules that are tied to those of other teams, and runs that are another team's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from jobs.clock import clock
from jobs.models import Job, OccurrenceChange, Schedule
from jobs.transitions.schedules import single
from jobs.transitions.schedules.nominal import times_after
from tests.admin.schedule_rows import schedule
from tests.api.conftest import JOBS, bearer
from tests.rights.conftest import MakeUser, page_of

JSON = {"content_type": "application/json"}


@pytest.fixture
def after(ada: User) -> tuple[Schedule, Schedule]:
    """Ours, which somebody who reaches all has tied to theirs."""
    now = clock.now()
    theirs = schedule("secret-x", "30 1 * * *", now=now, labels={"team": "theirs"}, time_zone="UTC")
    ours = schedule("ours-x", "30 2 * * *", now=now, labels={"team": "ours"}, time_zone="UTC", after_ids=[theirs.pk])
    return theirs, ours


@pytest.mark.parametrize("address", ["page", "change"])
def test_what_it_comes_after_on_the_pages_of_a_schedule(
    ada: User, after: tuple[Schedule, Schedule], address: str
) -> None:
    theirs, ours = after
    page = page_of(ada).get(reverse(f"admin:jobs_schedule_{address}", args=[ours.pk]))
    assert theirs.name not in page.content.decode()


def test_who_comes_after_ours(ada: User) -> None:
    now = clock.now()
    ours = schedule("ours-y", "30 1 * * *", now=now, labels={"team": "ours"}, time_zone="UTC")
    theirs = schedule(
        "secret-y", "30 2 * * *", now=now, labels={"team": "theirs"}, time_zone="UTC", after_ids=[ours.pk]
    )
    often = bearer(ada).patch(f"/api/v1/schedules/{ours.pk}/", {"expression": "* * * * *"}, **JSON)
    third = schedule("ours-z", "30 3 * * *", now=now, labels={"team": "ours"}, time_zone="UTC", after_ids=[theirs.pk])
    circle = bearer(ada).patch(f"/api/v1/schedules/{ours.pk}/", {"after": [third.name]}, **JSON)
    asks = page_of(ada).get(reverse("admin:jobs_schedule_ask", args=[ours.pk, "delete_selected"]))
    form = {"action": "delete_selected", "_selected_action": [ours.pk], "reason": "so"}
    gone = page_of(ada).post(reverse("admin:jobs_schedule_changelist"), form, follow=True)
    answers = {"often": often, "circle": circle, "asks": asks, "gone": gone}
    assert {name for name, answer in answers.items() if theirs.name in answer.content.decode()} == set()


def test_runs_that_are_another_teams(ada: User) -> None:
    """A schedule that was given to ours; what it has made before is theirs."""
    now = clock.now()
    row = schedule("moved", now=now, labels={"team": "theirs"})
    job = Job.objects.get(schedule=row)
    Schedule.objects.filter(pk=row.pk).update(labels={"team": "ours"})
    assert bearer(ada).get(f"{JOBS}{job.pk}/").status_code == 404
    (run,) = bearer(ada).get(f"/api/v1/schedules/{row.pk}/runs/").json()["results"]
    assert run["job"] is None


def test_a_verb_on_a_run_whose_job_is_another_teams(ada: User) -> None:
    """give_arguments writes the payload of a job that is not ours."""
    row = schedule("moved2", now=clock.now(), labels={"team": "ours"}, target="demo.sleep", payload={"seconds": 1})
    job = Job.objects.get(schedule=row)
    Job.objects.filter(pk=job.pk).update(labels={"team": "theirs"})
    stamp = row.next_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = {"payload": {"seconds": 9}, "reason": "so"}
    bearer(ada).post(f"/api/v1/schedules/{row.pk}/runs/{stamp}/arguments/", asked, **JSON)
    assert Job.objects.get(pk=job.pk).payload == {"seconds": 1}


def test_whose_arguments_they_are_stays_known(make_user: MakeUser) -> None:
    """Whoever moves a run has not given its arguments; who has may not approve them."""
    ann, bob = make_user("ann", "admin"), make_user("bob", "operator")
    now = clock.now()
    row = schedule("arg", now=now, by=bob, target="demo.sleep", payload={"seconds": 1})
    later = next(times_after(row, row.next_at))
    assert single.give_arguments(row.pk, later, payload={"seconds": 9}, reason="a", by=ann, now=now).done
    assert single.move_run(row.pk, later, run_at=later + timedelta(hours=1), reason="b", by=bob, now=now).done
    wish = OccurrenceChange.objects.get()
    assert (wish.payload, wish.by) == ({"seconds": 9}, ann)
