"""An operator is told of an overload before it comes, spreads it, and takes that back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.alerts import facts, judging, keeping, overload
from jobs.models import Alert, Job, Operation
from tests.monitor.rows import leader, pending, worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
JOBS = 30


@pytest.fixture
def ahead(transactional_db: None) -> datetime:
    """Thirty letters of a second each at one moment, and two slots; the watcher has seen it."""
    now = datetime.now(tz=UTC)
    leader(now)
    worker(now, slots=2, queues=["mail"])
    due = now.replace(second=0, microsecond=0) + timedelta(minutes=30)
    for n in range(JOBS):
        pending(due, queue="mail", name=f"letter {n}")
    conditions = judging.judge(facts.ask(now, lambda: True, ahead=overload.look(now)), now)
    found = [one for one in conditions if one.subject == "mail"]
    keeping.keep(found, found, now)
    return due


def test_an_overload_is_spread_and_that_is_taken_back(somebody: Any, ahead: datetime) -> None:
    grace = somebody("operator")
    said = f"needs {JOBS} slots, has 2: delays up to 14 s."
    assert Alert.objects.open().get().sentence == f"Queue mail: {ahead:%H:%M} {said}"
    with grace.task("See what will be overloaded"):
        grace.press("Forecast")
        grace.reads(f"{ahead:%H:%M} UTC {said}")  # by the clock that the header has chosen
    with grace.task("Spread an overload"):
        grace.press("Forecast")
        grace.press("Spread…", starts=True)
        grace.reads("everything starts on time")
        grace.picture("What becomes of them")
        grace.type("reason", "noon is too full")
        grace.press(f"Spread: {JOBS} jobs")
        grace.reads(f"of {JOBS} spread, 1 left as they were")
    assert overload.look(datetime.now(tz=UTC)) == ()
    operation = Operation.objects.get()
    with grace.task("Take a spread back", begin=f"/operations/{operation.pk}/"):
        grace.press("Undo…")
        grace.type("reason", "they are needed at noon")
        grace.press(f"Take back {JOBS - 1} jobs")
        grace.reads("back at their times")
    assert set(Job.objects.filter(queue="mail").values_list("run_at", flat=True)) == {ahead}
