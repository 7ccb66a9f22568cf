"""The history is written to a file before it is removed."""

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from jobs.clock import clock
from jobs.management.commands import export_history
from jobs.models import Job
from jobs.models.partitions import partitions
from jobs.scheduler import history as service
from jobs.states import State
from tests.conftest import NOW
from tests.history.steps import history, move

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def jobs(over, latest, settings):
    """Three jobs that go on 2 January, and one on the 4th."""
    settings.JOBS_REMOVE_EXPORTED_ONLY = True
    made = [over(40, name="with\nbreaks ü"), over(40), over(40), over(27)]
    Job.objects.filter(pk=made[0].pk).update(payload={"amount": Decimal("0.10")})
    latest()
    move()
    return made


def export(to, *words, now=NOW + DAY, monkeypatch):
    monkeypatch.setattr(clock, "current", lambda: now)
    out = StringIO()
    call_command("export_history", "--to", str(to), *words, stdout=out)
    return out.getvalue()


def test_what_is_due_is_written_and_can_go_then(jobs, tmp_path, monkeypatch):
    monkeypatch.setattr(export_history, "AT_A_TIME", 2)
    to = tmp_path / "old.ndjson"
    assert "3 jobs of 1 days" in export(to, monkeypatch=monkeypatch)
    lines = [json.loads(line, parse_float=str) for line in to.read_text().splitlines()]
    assert sorted(line["id"] for line in lines) == [job.pk for job in jobs[:3]]
    (first,) = (line for line in lines if line["id"] == jobs[0].pk)
    assert (first["name"], first["payload"], first["state"]) == (
        "with\nbreaks ü",
        {"amount": "0.10"},
        State.COMPLETED,
    )
    assert [start["number"] for start in first["attempts"]] == [1]
    service.Removing()(now=NOW + 10 * DAY)
    assert history() == [jobs[3].pk], "its day was to come"


def test_days_that_are_to_come_are_written_and_not_complete(jobs, tmp_path, monkeypatch):
    said = export(tmp_path / "all", "--before", "2030-01-05", now=NOW, monkeypatch=monkeypatch)
    assert "4 jobs of 2 days" in said
    assert "; 0 of these days are complete" in said
    assert not any(one.exported for one in partitions())


def test_a_file_that_is_there_is_left_alone(jobs, tmp_path, monkeypatch):
    to = tmp_path / "old.ndjson"
    to.write_text("precious")
    with pytest.raises(CommandError, match="name another file"):
        export(to, monkeypatch=monkeypatch)
    assert to.read_text() == "precious"


def test_who_dies_in_the_middle_has_marked_nothing(jobs, tmp_path, monkeypatch):
    monkeypatch.setattr(export_history.os, "fsync", lambda number: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(tmp_path / "old.ndjson", monkeypatch=monkeypatch)
    assert not (tmp_path / "old.ndjson").exists()
    assert not any(one.exported for one in partitions())
