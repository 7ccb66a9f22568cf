"""`manage.py export_schedules`."""

import json

import pytest
from django.core.management import call_command

from jobs.web.bringing import bring, preview
from tests.bringing.steps import NOON, TO_NOOP

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ("json", '"expression": "30 2 * * *"'),
        ("crontab", "# Not here: x (cron 30 2 * * *). It is switched off or paused here; switch it on first."),
        ("icalendar", "X-WR-CALNAME:Schedules"),
    ],
)
def test_all_schedules_are_written(capsys, form, says):
    bring(preview("crontab", "30 2 * * * /bin/x\n", table=TO_NOOP, now=NOON, by=None), by=None, now=NOON)
    call_command("export_schedules", "--to", form)
    out = capsys.readouterr().out
    assert says in out
    if form == "json":
        assert [one["name"] for one in json.loads(out)["schedules"]] == ["x"]
