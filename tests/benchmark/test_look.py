"""make bench-look: what it fills, how it counts, and what it shows."""

from __future__ import annotations

import io
import json

import pytest
from django.db import connection
from rich.console import Console

from jobs.models import Job, Worker
from tests.conftest import NOW
from verification.benchmark.look import busy, card
from verification.benchmark.look.options import checked
from verification.benchmark.look.run import OURS, THEIRS, Looked, Result, _of
from verification.benchmark.machine import Machine
from verification.benchmark.options import ARGUMENTS, OptionError

NOTHING = dict.fromkeys(ARGUMENTS)
MACHINE = Machine(cores=2, load=0.1, python="3.11", celery="5.7", postgresql="18", broker="Valkey 9")


def looked(build: str, *took: float, wrong: tuple[str, ...] = ()) -> Looked:
    return Looked(build, {"what changes": _of(list(took), 1), "all": _of(list(took), 375_000)}, 3.0, list(wrong))


def test_the_table_has_the_percentiles_of_each_build() -> None:
    runs = [looked(OURS, *map(float, range(101))), looked(THEIRS, 5.0, 900.0)]
    result = Result(checked(NOTHING), MACHINE, runs, {"jobs_job": 2_000_000})
    console = Console(width=110, record=True, file=io.StringIO())
    card.show(result, console)
    lines = [line.split() for line in console.export_text().splitlines()]
    assert ["this", "build:", "all", "101", "50.0", "95.0", "99.0", "100.0", "375"] in lines
    assert result.passed
    assert json.loads(json.dumps(result.as_json()))["runs"][1]["took"]["all"][0] == 2


@pytest.mark.parametrize("run", [looked(OURS, 99.0, 102.0), looked(OURS, 1.0, wrong=("/ was answered with 500.",))])
def test_it_fails_where_one_of_twenty_waits_or_an_answer_is_wrong(run: Looked) -> None:
    assert not Result(checked(NOTHING), MACHINE, [run]).passed


@pytest.mark.parametrize(
    ("given", "says"), [({"rows": ["9"]}, "--rows"), ({"rows": ["a"]}, "--rows"), ({"viewers": 0}, "--viewers")]
)
def test_what_makes_no_sense_is_refused(given: dict[str, object], says: str) -> None:
    with pytest.raises(OptionError, match=says):
        checked(NOTHING | given)


@pytest.mark.django_db(transaction=True)
def test_a_busy_installation_is_made_changes_and_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(busy, "SPANS", ((10, 6 * busy.AHEAD / 60), (60, busy.AHEAD), (3600, 4 * busy.AHEAD)))
    monkeypatch.setattr(busy, "COMING", 100)
    busy.fill(NOW)
    assert Worker.objects.count() == busy.WORKERS
    assert {queue for one in Worker.objects.all() for queue in one.queues} == {f"look-{n}" for n in range(1, 101)}
    assert Job.objects.running().count() == busy.RUNNING
    busy.end_one()
    assert Job.objects.running().count() == busy.RUNNING
    assert Job.objects.filter(state=2).count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT step, count(DISTINCT series_id) FROM jobs_rollup GROUP BY step ORDER BY step")
        assert cursor.fetchall() == [(step, busy.QUEUES * busy.EACH) for step in (10, 60, 3600)]
    busy.remove()
    assert Worker.objects.count() == 0
