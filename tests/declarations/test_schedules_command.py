"""`manage.py schedules plan | apply`: schedules become what a file declares, all of it or nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from jobs import rules
from jobs.admin.schedules.page import facts
from jobs.clock import clock
from jobs.models import Audit, Calendar, Job, Occurrence, Schedule
from jobs.rights import EVERYTHING
from jobs.states import Standing, State
from jobs.transitions.schedules import definitions

pytestmark = pytest.mark.django_db

NOW = datetime(2030, 1, 1, 12, 0, 3, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_new_year(monkeypatch):
    monkeypatch.setattr(clock, "current", lambda: NOW)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "schedules.toml"


def entry(name, expression="30 2 * * *", **more):
    fields = {"name": name, "target": "demo.sleep", "dialect": "cron", "expression": expression, **more}
    return "[[schedule]]\n" + "".join(f"{field} = {value!r}\n" for field, value in fields.items())


def schedules(action, *options):
    said = StringIO()
    code = 0
    try:
        call_command("schedules", action, *map(str, options), stdout=said)
    except SystemExit as stopped:
        code = stopped.code
    return said.getvalue().splitlines(), code


def by_hand(name, **more):
    asked = {"name": name, "target": "demo.noop", "dialect": "cron", "expression": "0 * * * *", **more}
    new = rules.check_new_schedule(now=NOW, by=None, **asked)
    return definitions.create_schedule(new.columns(), by=None, now=NOW)


def refused(action, file, *options):
    with pytest.raises(CommandError) as error:
        schedules(action, file, *options)
    assert error.value.returncode == 1
    return str(error.value).splitlines()


def test_a_plan_says_what_would_be_and_writes_nothing(file):
    file.write_text(entry("kept") + entry("changed") + entry("removed"))
    schedules("apply", file)
    Calendar.objects.create(name="work", time_zone="UTC")
    file.write_text(
        entry("kept")
        + entry("changed", "0 3 * * *", payload=[]).replace("[]", "{ seconds = 1 }")
        + entry("added", spread=60)
    )
    before = list(Schedule.objects.values()), list(Job.objects.values()), Audit.objects.count()
    assert schedules("plan", file) == (
        [
            "+ added: 30 2 * * * (cron, UTC) starts demo.sleep",
            "~ changed",
            '    payload: {} -> {"seconds":1}',
            "    expression: 30 2 * * * -> 0 3 * * *",
            "- removed: deleted with its history, and its next run cancelled",
            "1 added, 1 changed, 1 removed, 1 unchanged.",
        ],
        2,
    )
    assert (list(Schedule.objects.values()), list(Job.objects.values()), Audit.objects.count()) == before


def test_what_was_applied_differs_in_nothing(file):
    payload = "[[schedule]]\nname='x'\ntarget='demo.sleep'\ndialect='cron'\nexpression='@daily'\nretry_on=['failure']\n"
    file.write_text(
        f"{payload}rerunnable=true\nmax_attempts=2\nkey='k'\nstarts_at=2030-01-01T13:00:00+01:00\n"
        "payload = { seconds = 0.1 }\n"
    )
    schedules("apply", file)
    assert schedules("plan", file) == (["0 added, 0 changed, 0 removed, 1 unchanged."], 0)
    assert Schedule.objects.get().payload == {"seconds": Decimal("0.1")}


def test_an_apply_makes_it_so_and_the_audit_says_by_what(file):
    ada = User.objects.create_superuser("ada")
    file.write_text(entry("changed") + entry("removed"))
    schedules("apply", file, "--by", "ada")
    assert set(Schedule.objects.values_list("declared_in", "created_by__username")) == {("schedules.toml", "ada")}
    gone = Job.objects.get(name="removed")
    file.write_text(entry("changed", "0 3 * * *") + entry("added"))
    said, code = schedules("apply", file, "--by", "ada")
    assert (said[-1], code) == ("1 added, 1 changed, 1 removed, 0 unchanged.", 0)
    assert set(Schedule.objects.values_list("name", "expression")) == {
        ("changed", "0 3 * * *"),
        ("added", "30 2 * * *"),
    }
    gone.refresh_from_db()
    assert gone.state == State.CANCELLED, "nothing of it is left behind firing"
    pending = Job.objects.filter(state=State.PENDING).values_list("name", "run_at")
    assert set(pending) == {
        ("changed", datetime(2030, 1, 2, 3, 0, tzinfo=UTC)),
        ("added", datetime(2030, 1, 2, 2, 30, tzinfo=UTC)),
    }
    assert set(Audit.objects.values_list("name", "verb", "reason", "by_id")) == {
        ("changed", "create", "schedules.toml", ada.pk),
        ("removed", "create", "schedules.toml", ada.pk),
        ("changed", "change", "schedules.toml", ada.pk),
        ("removed", "delete", "schedules.toml", ada.pk),
        ("added", "create", "schedules.toml", ada.pk),
    }


def test_a_pause_survives_and_what_people_made_is_never_touched(file):
    mine = by_hand("mine")
    file.write_text(entry("nightly"))
    schedules("apply", file)
    nightly = Schedule.objects.get(name="nightly")
    definitions.pause_schedule(nightly.pk, until=None, reason="stocktaking", by=None, now=NOW)
    file.write_text(entry("nightly", "0 3 * * *"))
    schedules("apply", file)
    nightly.refresh_from_db()
    assert (nightly.expression, nightly.paused_at, nightly.pause_reason) == ("0 3 * * *", NOW, "stocktaking")
    file.write_text("")
    schedules("apply", file)
    assert list(Schedule.objects.values_list("pk", "declared_in")) == [(mine.pk, "")]


def test_a_change_by_hand_of_what_is_declared_is_shown_and_taken_back(file):
    file.write_text(entry("nightly"))
    schedules("apply", file)
    pk = Schedule.objects.get().pk
    definitions.change_schedule(pk, {"enabled": False}, by=None, now=NOW)
    assert schedules("plan", file)[0][:2] == ["~ nightly", "    enabled: false -> true"]


@pytest.mark.parametrize("action", ["plan", "apply"])
def test_one_bad_entry_and_nothing_is_written(file, action):
    by_hand("mine")
    file.write_text(
        entry("good") + entry("bad", "61 * * * *", time_zone="Mars") + entry("mine") + entry("worse", colour="red")
    )
    assert refused(action, file) == [
        "Schedule 4 'worse', colour: there is no such field; known are " + ", ".join(rules.SCHEDULE_ASKED) + ".",
        "Nothing was changed.",
    ]
    file.write_text(file.read_text().replace("colour = 'red'\n", "overlap = 'perhaps'\n"))
    said = refused(action, file)
    assert [line.partition(": ")[0] for line in said[:-1]] == [
        "Schedule 2 'bad', expression",
        "Schedule 2 'bad', time_zone",
        "Schedule 3 'mine', name",
        "Schedule 4 'worse', overlap",
    ]
    assert said[2] == (
        "Schedule 3 'mine', name: a schedule of this name was made by a person, and stays so; choose another name, or "
        "delete that one first."
    )
    assert list(Schedule.objects.values_list("name", flat=True)) == ["mine"]


def test_two_files_do_not_take_each_others_schedules(file, tmp_path):
    other = tmp_path / "other.toml"
    file.write_text(entry("a"))
    other.write_text(entry("b"))
    schedules("apply", file)
    schedules("apply", other)
    assert schedules("plan", file) == (["0 added, 0 changed, 0 removed, 1 unchanged."], 0)
    other.write_text(entry("a"))
    assert "a schedule of this name is declared in schedules.toml; choose" in refused("plan", other)[0]


def test_another_name_is_another_schedule_and_the_plan_says_so(file):
    file.write_text(entry("old", "0 5 * * *"))
    schedules("apply", file)
    file.write_text(entry("new", "0 5 * * *"))
    assert (
        "  new looks like old under another name: it begins anew, without its history and pause."
        in (schedules("plan", file)[0])
    )
    schedules("apply", file)
    assert list(Schedule.objects.values_list("name", flat=True)) == ["new"]
    assert not Occurrence.objects.exclude(schedule__name="new").exists()


def test_without_pruning_nothing_is_removed(file):
    file.write_text(entry("old"))
    schedules("apply", file)
    file.write_text(entry("new"))
    schedules("apply", file, "--no-prune")
    assert set(Schedule.objects.values_list("name", flat=True)) == {"old", "new"}


def test_a_calendar_is_shown_by_its_name(file):
    Calendar.objects.create(name="work", time_zone="UTC")
    file.write_text(entry("x"))
    schedules("apply", file)
    file.write_text(entry("x", calendar="work"))
    assert schedules("plan", file)[0][1] == "    calendar: nothing -> work"


def test_the_setting_names_the_file_that_is_not_given(file, settings):
    settings.JOBS_SCHEDULES = str(file)
    file.write_text(entry("x"))
    said = StringIO()
    call_command("schedules", "apply", stdout=said)
    assert said.getvalue().endswith("1 added, 0 changed, 0 removed, 0 unchanged.\n")


def test_who_is_named_needs_the_rights_for_what_stops_the_jobs_of_others(file):
    User.objects.create_user("bob")
    file.write_text(entry("x", overlap="cancel"))
    assert (
        "needs the permission 'jobs.control_job', which the user 'bob' does not have"
        in (refused("apply", file, "--by", "bob")[0])
    )
    assert refused("apply", file, "--by", "eve") == ["There is no user 'eve'; give the name of one."]


def test_what_is_declared_is_marked_for_those_who_read_it(file, admin_client):
    by_hand("mine")
    file.write_text(entry("nightly"))
    schedules("apply", file)
    shown = admin_client.get("/api/v1/schedules/").json()["results"]
    assert {one["name"]: one["declared_in"] for one in shown} == {"mine": "", "nightly": "schedules.toml"}
    told = ("Declared in", "schedules.toml; the next apply takes changes by hand back")
    assert [told in facts(one, EVERYTHING) for one in Schedule.objects.order_by("name")] == [False, True]


def test_what_is_declared_in_shadow_stays_so_until_the_file_says_otherwise(file):
    file.write_text(entry("moving in") + "shadow = true\n")
    schedules("apply", file)
    assert Schedule.objects.get().standing(NOW) == Standing.SHADOW
    assert schedules("plan", file) == (["0 added, 0 changed, 0 removed, 1 unchanged."], 0)
    file.write_text(entry("moving in"))
    schedules("apply", file)
    assert Schedule.objects.get().standing(NOW) == Standing.ON
