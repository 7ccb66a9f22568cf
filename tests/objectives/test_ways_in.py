"""Objectives by REST, in the admin, on their page and as metrics."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client

from jobs.clock import clock
from jobs.metrics.bounds import MOST
from jobs.models import Audit, Objective
from jobs.monitor import figures
from jobs.transitions import definitions
from tests.admin.schedule_rows import schedule
from tests.api.conftest import bearer
from tests.concurrency.steps import at_once
from tests.conftest import NOW
from tests.rights.conftest import ada, make_team, make_user, page_of  # noqa: F401
from tests.rollups.steps import add, ended

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture(autouse=True)
def _no_picture() -> None:
    cache.clear()


@pytest.fixture
def grace() -> User:
    return User.objects.create_superuser("grace")


@pytest.fixture
def late_ones() -> None:
    """Of 1,000 starts of queue mail three that were late."""
    now = clock.now() - timedelta(minutes=1)
    add(now - timedelta(days=1))
    for delay in (*[0.001] * 17, 2, 3, 4):
        ended(now, queue="mail", late=delay)
    add(clock.now())


@pytest.mark.usefixtures("late_ones")
def test_programs_define_read_and_delete_them(grace: User) -> None:
    api, at = bearer(grace), "/api/v1/objectives/queue/mail/"
    assert api.get(at).status_code == 404
    made = api.put(at, {"share": 99.5, "within_ms": 1000}, content_type=JSON)
    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["starts"], shown["late"], shown["reached"]) == (20, 3, pytest.approx(85))
    assert shown["budget_left"] == pytest.approx(1 - 0.15 / 0.005)
    assert shown["burn"]["5m"] == pytest.approx(30)
    assert set(shown["burns_too_fast"]) == {"fast", "slow", "spent"}
    assert api.put(at, {"share": 80, "within_ms": 1000, "days": 7}, content_type=JSON).status_code == 200
    (listed,) = api.get("/api/v1/objectives/").json()
    assert (listed["share"], listed["days"], listed["burns_too_fast"]) == (80, 7, [])
    assert api.delete(at).status_code == 204
    assert api.delete(at).status_code == 204
    assert [row.verb for row in Audit.objects.filter(subject="objective", name="queue 'mail'")] == [
        "create",
        "change",
        "delete",
    ]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"share": 99, "within_ms": 5000}, "within_ms", "nearest that can be asked are 4640 and 5620"),
        ({"share": 100, "within_ms": 1000}, "share", "99.999"),
        ({"share": 49, "within_ms": 1000}, "share", "50"),
        ({"share": 99, "within_ms": 1000, "days": 90}, "days", "31"),
        ({"within_ms": 1000}, "share", "required"),
        ({"share": 99, "within_ms": 1000, "every": 1}, "every", "known are: share, within_ms, days"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_what_can(
    grace: User, body: dict[str, Any], field: str, words: str
) -> None:
    answer = bearer(grace).put("/api/v1/objectives/queue/mail/", body, content_type=JSON)
    assert answer.status_code == 400
    said = {one["field"]: one["message"] for one in answer.json()["errors"]}
    assert words in said.get(field, str(said))
    assert not Objective.objects.exists()


@pytest.mark.parametrize(
    "row",
    ["'shelf', 'a', 99, 1000, 30", "'queue', '', 99, 1000, 30", "'queue', 'a', 100, 1000, 30", "'queue', 'a', 99, 9, 30",
     "'queue', 'a', 99, 1000, 32"],
)  # fmt: skip
def test_sql_gets_none_in_that_cannot_be(row: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO jobs_objective (kind, name, share, within_ms, days) VALUES ({row})")


def test_there_is_one_of_each() -> None:
    fields = {"share": 99, "within_ms": 1000}
    assert definitions.define_objective("queue", "mail", fields, by=None, now=NOW)
    assert not definitions.define_objective("queue", "mail", fields, by=None, now=NOW)
    with pytest.raises(ValidationError):
        Objective(kind="queue", name="mail", share=99, within_ms=1000, days=30).full_clean()


@pytest.mark.django_db(transaction=True)
def test_two_who_define_it_at_once_are_answered_as_one_after_the_other() -> None:
    def define(days: int) -> bool:
        return definitions.define_objective(
            "queue", "mail", {"share": 99, "within_ms": 1000, "days": days}, by=None, now=NOW
        )

    for _ in range(5):
        Objective.objects.all().delete()
        assert sorted(at_once(define, [7, 8, 9, 10])) == [False, False, False, True]
    verbs = list(Audit.objects.filter(subject="objective").values_list("verb", flat=True))
    assert (verbs.count("create"), verbs.count("change")) == (5, 15)


def test_who_defines_one_of_his_team_s_schedule_by_rest_does_so_in_the_admin(ada: User) -> None:  # noqa: F811
    for team in ("ours", "theirs"):
        schedule(f"nightly of {team}", now=NOW, queue=f"{team}-q")
    form = {"kind": "schedule", "share": "99.9", "within_ms": "60000", "days": "30"}
    client = page_of(ada)
    refused = client.post("/admin/jobs/objective/add/", form | {"name": "nightly of theirs"})
    assert "belongs to no team of yours" in refused.content.decode()
    made = client.post("/admin/jobs/objective/add/", form | {"name": "nightly of ours"})
    assert made.status_code == 302, made.content
    at = "/api/v1/objectives/schedule/nightly of ours/"
    assert bearer(ada).put(at, {"share": 99, "within_ms": 60_000}, content_type=JSON).status_code == 200
    assert Objective.objects.get().name == "nightly of ours"


def test_an_administrator_defines_one_and_it_is_audited(admin_client: Client) -> None:
    form = {"kind": "target", "name": "demo.noop", "share": "99.9", "within_ms": "1000", "days": "30"}
    refused = admin_client.post("/admin/jobs/objective/add/", form | {"within_ms": "60000"})
    assert "The nearest that can be asked" in refused.content.decode()
    admin_client.post("/admin/jobs/objective/add/", form)
    row = Objective.objects.get()
    assert str(row) == "target 'demo.noop'"
    assert Audit.objects.get(subject="objective").after["share"] == "99.9"
    page = admin_client.get(f"/admin/jobs/objective/{row.pk}/change/").content.decode()
    assert 'name="within_ms"' in page
    assert 'name="kind"' not in page, "what it is about stays"


@pytest.mark.usefixtures("late_ones")
def test_the_page_says_what_burns_and_leads_to_what_was_late(admin_client: Client) -> None:
    assert "There is no objective" in admin_client.get("/objectives/").content.decode()
    weekly = schedule("weekly report", now=NOW)
    Objective.objects.create(kind="schedule", name="weekly report", share=99, within_ms=60_000)
    Objective.objects.create(kind="queue", name="mail", share=99.5, within_ms=1000)
    Objective.objects.create(kind="queue", name="pay", share=99.5, within_ms=100)
    answer = admin_client.get("/objectives/")
    shown = " ".join(answer.content.decode().split())
    names = [line.standing.objective.name for line in answer.context["lines"]]
    assert names[0] == "mail", "what burns stands first"
    assert "99.5 % of the starts of queue &#x27;mail&#x27; are to be within 1 s" in shown
    assert "burns fast" in shown
    assert "none: 30.0 times as many were late as may be in 30 days" in shown
    assert "3</a> of 20 starts; 85.000 % were in time" in shown
    assert "/late/?span=7d&amp;queue=mail" in shown
    assert f"/late/?span=7d&amp;schedule={weekly.pk}" not in shown, "nothing of it has started"
    assert "no starts" in shown


@pytest.mark.usefixtures("late_ones")
def test_metrics_have_the_first_of_them() -> None:
    Objective.objects.create(kind="queue", name="mail", share=99.5, within_ms=1000)
    Objective.objects.bulk_create(
        Objective(kind="target", name=f"t{number}", share=99, within_ms=1000) for number in range(MOST)
    )
    found = figures.take(clock.current())
    left, burn = found["runat_objective_budget_left_ratio"], found["runat_objective_burn_rate"]
    assert left["queue", "mail"] == pytest.approx(-29)
    assert burn["queue", "mail", "1h"] == pytest.approx(30)
    assert (len(left), len(burn)) == (MOST, 5 * MOST)
