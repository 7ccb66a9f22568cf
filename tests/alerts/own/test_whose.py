"""Rules of teams and people: who may have which, by REST, whose jobs they tell of, and whom they may tell."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from jobs.alerts import keeping
from jobs.alerts.conditions import Condition
from jobs.alerts.own import facts, judging
from jobs.alerts.own.standing import counted
from jobs.api.alert_rules import AlertRuleDetail
from jobs.models import Alert, AlertRule, Audit, Delivery, Destination, Job
from jobs.rights import reach_of
from jobs.states import State
from jobs.transitions import alert_rules
from tests.admin.schedule_rows import schedule
from tests.api.conftest import bearer
from tests.conftest import NOW
from tests.monitor.rows import ended, pending, running
from tests.rights.conftest import make_team, make_user  # noqa: F401

pytestmark = pytest.mark.django_db
RULES = "/api/v1/alert-rules/"
EDITOR = ("jobs.view_job", "jobs.view_alert", "jobs.view_schedule", "jobs.control_job", "jobs.change_schedule")
EDITOR = (*EDITOR, "jobs.pause_limit", "jobs.add_job")
JSON = "application/json"


def found(now: datetime = NOW) -> list[Condition]:
    rules = counted(AlertRule.objects.in_use().with_whose())
    return judging.judge(rules, facts.ask(rules, now), now)


def failed(**more: Any) -> Job:
    job = ended(NOW, State.FAILED, **more)
    job.attempts.update(failure="ValueError in shop.orders:charge")
    return job


@pytest.fixture
def world(make_user: Any, make_team: Any, make_destination: Any) -> dict[str, User]:  # noqa: F811
    """Ada may change what is of the team books, Bob what is of sales; Cleo creates jobs; `books`, `sales`, `all` may be
    told by those, `ops` only by administrators."""
    ada, bob = make_user("ada", None, *EDITOR), make_user("bob", None, *EDITOR)
    books = make_team("books", ada, queues=["pay"])
    sales = make_team("sales", bob, queues=["shop"])
    make_destination("ops")
    make_destination("all", open_to_all=True)
    make_destination("books").teams.add(books)
    make_destination("sales").teams.add(sales)
    return {
        "ada": ada,
        "bob": bob,
        "cleo": make_user("cleo", "creator"),
        "olga": make_user("olga", "operator"),
        "root": make_user("root", "admin"),
    }


def post(user: User, **fields: Any) -> Any:
    body = {"kind": "queue", "name": "pay", "when": "failed", "destinations": ["all"], **fields}
    return bearer(user).post(RULES, body, content_type=JSON)


def made(user: User, **fields: Any) -> AlertRule:
    answer = post(user, **fields)
    assert answer.status_code == 201, answer.content
    return AlertRule.objects.get(pk=answer.json()["id"])


def test_whose_a_rule_is(world: dict[str, User]) -> None:
    schedule("nightly", now=NOW, queue="pay")
    job = pending(NOW, created_by=world["cleo"], queue="pay")
    ada, cleo, olga, root = (world[name] for name in ("ada", "cleo", "olga", "root"))
    assert made(ada).whose == "team books"
    assert made(ada, kind="schedule", name="nightly").whose == "team books"
    assert made(ada, kind="target", name="demo.noop").whose == "team books"
    assert made(ada, kind="team", name="books").whose == "team books"
    assert made(ada, kind="job", name=str(job.pk)).whose == "team books"
    assert made(cleo, kind="job", name=str(job.pk)).whose == "cleo"
    assert made(olga).whose == "olga"
    assert made(olga, when="late", team="books").whose == "team books"
    assert made(root, destinations=["ops"]).whose == "the administrators"
    assert made(root, when="late", team="sales").whose == "team sales"
    assert Audit.objects.filter(subject="alert_rule", verb="create").count() == 10
    assert post(ada).status_code == 400, "there is one"


@pytest.mark.parametrize(
    ("who", "fields", "code"),
    [
        ("bob", {"name": "pay"}, 403),
        ("bob", {"name": "nobodys"}, 403),
        ("bob", {"kind": "team", "name": "books"}, 403),
        ("ada", {"kind": "target", "name": "demo.noop", "team": "sales"}, 400),
        ("ada", {"kind": "target", "name": "demo.none"}, 400),
        ("ada", {"kind": "schedule", "name": "of-sales"}, 400),
        ("ada", {"kind": "job", "name": "of-sales"}, 400),
        ("cleo", {"kind": "job", "name": "of-sales"}, 400),
        ("cleo", {"kind": "queue", "name": "pay"}, 403),
        ("cleo", {"kind": "target", "name": "demo.noop"}, 403),
        ("ada", {"destinations": ["sales"]}, 400),
        ("ada", {"destinations": ["ops"]}, 400),
        ("olga", {"destinations": ["ops"]}, 400),
        ("ada", {"destinations": []}, 400),
        ("ada", {"seconds": 5}, 400),
        ("ada", {"when": "not_ended"}, 400),
        ("ada", {"when": "not_ended", "by_time": "06:00", "time_zone": "Nowhere/No"}, 400),
        ("ada", {"by_time": "06:00"}, 400),
        ("ada", {"what": "x"}, 400),
        ("olga", {"team": "none"}, 400),
        ("olga", {"kind": "job", "name": "7x"}, 400),
        ("olga", {"kind": "job", "name": "9" * 30}, 400),
    ],
)
def test_what_is_not_within_ones_rights_or_makes_no_sense_is_refused(
    world: dict[str, User], who: str, fields: dict[str, Any], code: int
) -> None:
    schedule("of-sales", now=NOW, queue="shop")
    if fields.get("kind") == "job" and fields["name"] == "of-sales":
        fields = {**fields, "name": str(pending(NOW, queue="shop").pk)}
    answer = post(world[who], **fields)
    assert answer.status_code == code, answer.content
    assert not AlertRule.objects.exists()


def test_a_teams_rule_tells_of_its_jobs_only(world: dict[str, User]) -> None:
    made(world["ada"], kind="target", name="demo.noop")
    made(world["ada"], kind="queue", name="pay")
    failed(queue="shop")
    failed(queue="pay", labels={"team": "sales"})
    assert found() == []
    ours = failed(queue="pay")
    assert {one.link for one in found()} == {f"/jobs/{ours.pk}/"}


def test_each_rule_has_an_alert_of_its_own_that_its_people_see(world: dict[str, User]) -> None:
    failed(queue="pay")
    for name in ("ada", "olga", "root"):
        made(world[name])
    keeping.keep(found(), found(), NOW)
    assert Alert.objects.open().count() == 3
    assert {one.fingerprint for one in Alert.objects.open()} == {"own_failed:pay"}
    assert Alert.objects.within(reach_of(world["ada"])).count() == 1
    assert not Alert.objects.within(reach_of(world["bob"])).exists()
    assert Alert.objects.within(reach_of(world["olga"])).count() == 3


def test_who_leaves_or_loses_his_rights_is_told_no_more(world: dict[str, User]) -> None:
    job = failed(created_by=world["cleo"], queue="pay")
    made(world["cleo"], kind="job", name=str(job.pk))
    made(world["olga"])
    assert len(found()) == 2
    world["olga"].user_permissions.remove(*world["olga"].user_permissions.filter(codename="all_teams"))
    assert [one.kind for one in found()] == ["job"]
    User.objects.filter(pk=world["cleo"].pk).update(is_active=False)
    assert found() == []
    world["cleo"].delete()
    assert AlertRule.objects.count() == 1, "nobody's rule is the administrators'"


def test_a_schedule_of_ones_own_that_becomes_a_teams_is_told_to_its_maker_no_more(world: dict[str, User]) -> None:
    row = schedule("mine", now=NOW, by=world["bob"], queue="nobodys")
    assert made(world["bob"], kind="schedule", name="mine", when="long", seconds=1).whose == "bob"
    run = running(NOW - timedelta(minutes=1), schedule=row, nominal_at=NOW, queue="nobodys")
    assert len(found()) == 1
    Job.objects.filter(pk=run.pk).update(labels={"team": "sales"})
    assert found() == []


def test_a_rule_about_a_queue_does_not_revive_by_a_schedule_of_its_name(world: dict[str, User]) -> None:
    made(world["olga"])
    failed(queue="pay")
    world["olga"].user_permissions.remove(*world["olga"].user_permissions.filter(codename="all_teams"))
    schedule("pay", now=NOW, by=world["olga"])
    schedule("other", now=NOW, by=world["olga"])
    AlertRule.objects.create(kind="schedule", name="other", when="failed", owner=world["olga"])
    AlertRule.objects.create(kind="schedule", name="pay", when="missed", owner=world["bob"])  # asks for its maker
    assert [one.name for one in counted(AlertRule.objects.in_use().with_whose())] == ["other"]


def test_a_destination_that_is_open_no_more_is_not_told(world: dict[str, User]) -> None:
    made(world["ada"], destinations=["books", "all"])
    made(world["olga"], destinations=["sales", "all"])
    failed(queue="pay")
    Destination.objects.filter(name="all").update(open_to_all=False)
    keeping.keep(found(), found(), NOW)
    assert sorted(Delivery.objects.values_list("destination__name", flat=True)) == ["books", "sales"]
    Destination.objects.get(name="books").teams.clear()
    Alert.objects.all().delete()
    keeping.keep(found(), found(), NOW)
    assert sorted(Delivery.objects.values_list("destination__name", flat=True)) == ["sales"]


def test_one_is_changed_and_deleted_by_whose_it_is(world: dict[str, User]) -> None:
    rule = made(world["ada"], when="long", seconds=60)
    address = f"{RULES}{rule.pk}/"
    answer = bearer(world["ada"]).patch(address, {"seconds": 90, "destinations": ["books"]}, content_type=JSON)
    assert (answer.json()["seconds"], answer.json()["destinations"]) == (90, ["books"])
    assert Audit.objects.get(subject="alert_rule", verb="change").before["seconds"] == 60
    for name in ("bob", "cleo"):
        assert bearer(world[name]).patch(address, {"enabled": False}, content_type=JSON).status_code == 404
    for wrong in ({"seconds": 0}, {"destinations": ["sales"]}, {"name": "shop"}, {"by_time": "06:00"}):
        assert bearer(world["ada"]).patch(address, wrong, content_type=JSON).status_code == 400
    rule.refresh_from_db()
    assert (rule.name, rule.seconds, rule.enabled) == ("pay", 90, True)
    assert bearer(world["olga"]).delete(address).status_code == 204
    administrators = made(world["root"], destinations=["ops"])
    assert bearer(world["olga"]).get(f"{RULES}{administrators.pk}/").status_code == 200
    assert bearer(world["olga"]).delete(f"{RULES}{administrators.pk}/").status_code == 403


def test_one_that_goes_while_it_is_changed_is_not_there(
    world: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, touched = f"{RULES}{made(world['ada']).pk}/", AlertRuleDetail.touched

    def too_early(view: AlertRuleDetail, rule_id: int) -> AlertRule:
        found = touched(view, rule_id)
        AlertRule.objects.all().delete()
        return found

    monkeypatch.setattr(AlertRuleDetail, "touched", too_early)
    assert bearer(world["ada"]).patch(address, {"enabled": False}, content_type=JSON).status_code == 404


def test_names_of_destinations_are_told_to_those_to_whom_they_are_open_and_no_address(world: dict[str, User]) -> None:
    def names(name: str) -> list[str]:
        answer = bearer(world[name]).get("/api/v1/destinations/")
        assert "example.com" not in answer.content.decode()
        return [row["name"] for row in answer.json()]

    assert (names("ada"), names("cleo")) == (["all", "books"], ["all"])
    assert (names("olga"), names("root")) == (["all", "books", "sales"], ["all", "books", "ops", "sales"])


def test_nobody_has_more_rules_than_there_is_room_for(world: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_rules, "MOST_OF_ONE", 1)
    made(world["ada"])
    assert "team books has 1 rules" in post(world["ada"], when="late").json()["detail"]
    monkeypatch.setattr(alert_rules, "MOST", 2)
    made(world["olga"])
    assert "as many as are judged" in post(world["root"], destinations=["ops"]).json()["detail"]


def test_where_there_are_no_teams_people_have_rules_of_their_own(make_user: Any, make_destination: Any) -> None:  # noqa: F811
    make_destination("all", open_to_all=True)
    ada, cleo = make_user("ada", None, *EDITOR), make_user("cleo", "creator")
    assert made(ada).whose == "ada"
    failed(queue="pay")
    assert len(found()) == 1
    assert post(cleo).status_code == 403
    assert bearer(cleo).get(RULES).json() == []
