"""Schedules that are declared beside targets: one path with those of the file, up to what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from types import ModuleType

import pytest
from django.core.management import CommandError, call_command

from jobs.clock import clock
from jobs.models import Audit, Job, Schedule
from jobs.states import State
from jobs.targets import registry, schedules
from jobs.transitions.schedules import definitions
from tests.declarations.test_schedules_command import entry
from tests.declarations.test_schedules_command import schedules as command

pytestmark = pytest.mark.django_db

NOW = datetime(2030, 1, 1, 12, 0, 3, tzinfo=UTC)
SHOP = """
from jobs.targets import schedule, target

@schedule(name="morning", dialect="cron", expression="0 9 * * *", payload={"language": "de"})
@schedule(name="evening", dialect="cron", expression="0 18 * * *")
@target("shop.remind")
def remind(language: str = "en") -> None: ...

schedule(name="tidy", dialect="interval", expression="6h", target="demo.noop")
"""
MORNING = """
from jobs.targets import schedule
schedule(name="morning", dialect="cron", expression="0 9 * * *", target="demo.noop")
"""


@pytest.fixture(autouse=True)
def nothing_declared(monkeypatch):
    monkeypatch.setattr(clock, "current", lambda: NOW)
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))
    monkeypatch.setattr(schedules, "_declared", [])


@pytest.fixture
def file(tmp_path, settings):
    """The file of JOBS_SCHEDULES, which is not there yet."""
    path = tmp_path / "schedules.toml"
    settings.JOBS_SCHEDULES = str(path)
    return path


def load(source: str = SHOP, name: str = "shop.targets") -> None:
    """Load this as a module of targets, and nothing of what was loaded before."""
    schedules._declared.clear()
    registry._registry.pop("shop.remind", None)
    load_too(source, name)


def load_too(source: str, name: str) -> None:
    exec(source, ModuleType(name).__dict__)  # noqa: S102 - as an import does


def run(action: str, *options: str) -> list[str]:
    return command(action, *options)[0]


def refused(*options: str) -> list[str]:
    with pytest.raises(CommandError) as error:
        call_command("schedules", "plan", *options)
    return str(error.value).splitlines()


def names() -> set[str]:
    return set(Schedule.objects.values_list("name", flat=True))


def test_it_is_planned_and_applied_beside_the_file_and_says_where_it_stands(file):
    load()
    file.write_text(entry("nightly"))
    assert run("plan") == [
        "+ nightly: 30 2 * * * (cron, UTC) starts demo.sleep",
        "+ morning: 0 9 * * * (cron, UTC) starts shop.remind",
        "+ evening: 0 18 * * * (cron, UTC) starts shop.remind",
        "+ tidy: 6h (interval, UTC) starts demo.noop",
        "4 added, 0 changed, 0 removed, 0 unchanged.",
    ]
    assert not Schedule.objects.exists()
    run("apply")
    assert set(Schedule.objects.values_list("name", "declared_in")) == {
        ("nightly", "schedules.toml"),
        ("evening", "module shop.targets"),
        ("morning", "module shop.targets"),
        ("tidy", "module shop.targets"),
    }
    assert Schedule.objects.get(name="morning").payload == {"language": "de"}
    assert Audit.objects.get(name="tidy").reason == "module shop.targets"
    assert run("plan") == ["0 added, 0 changed, 0 removed, 4 unchanged."]


def test_the_function_stays_what_it_is():
    load()
    found = registry._registry["shop.remind"]
    assert found.call("de") is None
    assert found.usage() == "language: str = 'en'"


def test_what_the_code_has_no_more_is_removed_and_its_next_run_cancelled(file):
    load()
    run("apply")
    load(SHOP.replace('@schedule(name="evening"', '@schedule(name="night"'))
    run("apply")
    assert names() == {"morning", "night", "tidy"}
    assert Job.objects.get(name="evening").state == State.CANCELLED
    schedules._declared.clear()  # the whole module has gone
    assert run("apply", "--no-prune") == ["0 added, 0 changed, 0 removed, 0 unchanged."]
    assert run("apply")[-1] == "0 added, 0 changed, 3 removed, 0 unchanged."
    assert names() == set()


def test_a_pause_by_hand_survives_a_change_of_the_code(file):
    load()
    run("apply")
    pk = Schedule.objects.get(name="tidy").pk
    definitions.pause_schedule(pk, until=None, reason="stocktaking", by=None, now=NOW)
    load(SHOP.replace("6h", "12h"))
    assert run("apply")[:2] == ["~ tidy", "    expression: 6h -> 12h"]
    row = Schedule.objects.get(name="tidy")
    assert (row.pk, row.expression, row.paused_at, row.pause_reason) == (pk, "12h", NOW, "stocktaking")


def test_one_that_moves_between_file_and_code_stays_the_same(file):
    file.write_text(entry("nightly", target="demo.noop"))
    run("apply")
    pk = Schedule.objects.get().pk
    load('from jobs.targets import schedule\nschedule(name="nightly", dialect="cron", expression="30 2 * * *", '
         'target="demo.noop")\n')  # fmt: skip
    file.write_text("")
    assert run("apply") == [
        "~ nightly",
        "    declared_in: schedules.toml -> module shop.targets",
        "0 added, 1 changed, 0 removed, 0 unchanged.",
    ]
    load_too(MORNING, "shop.targets")
    schedules._declared[:] = [
        schedules.DeclaredSchedule("shop.nights", 1, one.asked) for one in schedules._declared if "nightly" in str(one)
    ]
    assert run("apply")[1] == "    declared_in: module shop.targets -> module shop.nights"
    assert Schedule.objects.get().pk == pk


def test_a_name_that_is_declared_twice_is_refused_with_both_places(file):
    load()
    file.write_text(entry("nightly") + entry("morning"))
    assert refused() == [
        "shop.targets, line 4 'morning', name: schedule 2 of schedules.toml has it too; choose another.",
        "Nothing was changed.",
    ]
    file.unlink()
    load_too(MORNING, "shop.more")
    assert refused()[0] == "shop.more, line 3 'morning', name: shop.targets, line 4 has it too; choose another."


def test_what_a_person_made_is_never_touched(file):
    load(MORNING)
    fields = {"name": "morning", "target": "demo.noop", "dialect": "cron", "expression": "0 1 * * *"}
    definitions.create_schedule(fields, by=None, now=NOW)
    assert refused()[0] == (
        "shop.targets, line 3 'morning', name: a schedule of this name was made by a person, and stays so; choose "
        "another name, or delete that one first."
    )


def declare(line: str) -> None:
    load(f"from jobs.targets import schedule, target\nfrom decimal import Decimal\n{line}\ndef body() -> None: ...\n")


GOOD = 'name="x", dialect="cron", expression="0 9 * * *"'


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (f"schedule({GOOD})", "'x', target: this schedule() stands above no function; write @ before it, or name its"),
        (f"@schedule({GOOD})", "'x', target: the function 'body' is no target; write @schedule(...) above @target(."),
        (
            f"@schedule({GOOD})\n@target('shop.b')\n@target('shop.a')",
            "'x', target: its function is several: shop.a, shop.b; name the one that is meant.",
        ),
        (f"schedule({GOOD}, target='demo.noon')", "'x', target: There is no target 'demo.noon'. Did you mean"),
        (f"schedule({GOOD}, target=7)", "'x', target: "),
        (f"schedule({GOOD}, target='demo.noop', start_at=1)", "start_at: there is no such field; did you mean starts_"),
        (f"schedule({GOOD}, target='demo.log', payload={{'message': (1,)}})", "payload.message: JSON has no such"),
        (f"schedule({GOOD}, target='demo.log', payload={{1: 2}})", "payload.1: names are texts in JSON; write this"),
        (f"schedule({GOOD}, target='demo.log', payload={{'message': object()}})", "message: JSON has no such value; w"),
        (f"schedule({GOOD}, target='demo.log', payload={{'message': Decimal('inf')}})", "message: JSON has no such v"),
        ("schedule(name=3, dialect='cron', expression='0 9 * * *', target='demo.noop')", "line 3, name: "),
        (f"schedule({GOOD.replace('0 9', '0 25')}, target='demo.noop')", "expression: "),
    ],
)
def test_what_is_wrong_is_said_with_its_place(file, source, why):
    declare(source)
    first = refused()[0]
    assert first.startswith("shop.targets, line 3")
    assert why in first


def test_numbers_arrive_as_they_are_written(file):
    declare(f"schedule({GOOD}, target='demo.sleep', payload={{'seconds': Decimal('0.1')}}, retry_on=('failure',), "
            "rerunnable=True, max_attempts=2)")  # fmt: skip
    run("apply")
    row = Schedule.objects.get()
    assert (row.payload, row.retry_on) == ({"seconds": Decimal("0.1")}, ["failure"])
    assert run("plan") == ["0 added, 0 changed, 0 removed, 1 unchanged."]


def test_a_file_need_not_be_there_unless_it_has_declared_something(file):
    assert refused()[0].startswith(f"There is no file {file}")  # nothing at all is declared
    load(MORNING)
    assert run("apply")[-1] == "1 added, 0 changed, 0 removed, 0 unchanged."
    assert refused(str(file))[0].startswith(f"There is no file {file}")  # it was named
    file.write_text(entry("nightly"))
    run("apply")
    file.unlink()
    assert refused()[0].startswith(f"There is no file {file}")
    assert names() == {"morning", "nightly"}


def test_no_file_has_the_name_of_a_module(tmp_path):
    path = tmp_path / "module shop.targets"
    path.write_text("")
    assert refused(str(path))[0] == (
        "A file may not be called 'module shop.targets': so begins what modules declare; rename it."
    )
