"""Each late job, and each start that was missed, is explained by its own cause, alike on the pages, in REST and in the
metric."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families as parsed

from jobs import targets
from jobs.lateness import cause_of, explain
from jobs.models import Job, Occurrence
from jobs.monitor import figures, late_found, late_page
from jobs.targets import registry
from tests.conftest import NOW, seconds
from tests.lateness import late_jobs, missed_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("published", "waited")]
SOON = NOW + seconds(3600)
OF_THAT_DAY = {"since": "2030-01-01T00:00:00Z", "until": "2030-01-02T00:00:00Z"}
A_MINUTE = timedelta(minutes=1)
At = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def _dangerous(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))

    @targets.target("test.dangerous", dangerous=True)
    def dangerous() -> None:
        """Nobody calls it here."""


@pytest.fixture
def now_is(monkeypatch: pytest.MonkeyPatch) -> At:
    """Set the moment at which the page and the metric look."""

    def move(moment: datetime) -> None:
        for module in (figures, late_page):
            monkeypatch.setattr(module, "clock", SimpleNamespace(current=lambda: moment))

    return move


def counted(client: Client, name: str) -> dict[str, float]:
    """What a scrape says of this metric: how many by cause, without those of which there is none."""
    cache.clear()
    families = parsed(client.get("/metrics").content.decode())
    (family,) = (one for one in families if one.name == name)
    return {sample.labels["cause"]: sample.value for sample in family.samples if sample.value}


@pytest.mark.parametrize("make_late", late_jobs.EACH, ids=lambda one: one.__name__)
def test_each_late_job_is_explained_by_its_own_cause(
    make_late: Any, make_job: Any, admin_client: Client, now_is: At
) -> None:
    late = make_late(make_job)
    assert cause_of(late.job, SOON) == late.cause, explain(late.job, SOON)
    sentence = explain(late.job, SOON)
    assert sentence.startswith("It started "), sentence
    assert late.words in sentence
    assert late.words in admin_client.get(f"/jobs/{late.job.pk}/").content.decode().replace("&#x27;", "'")
    shown = admin_client.get(f"/api/v1/jobs/{late.job.pk}/").json()
    assert (shown["late_cause"], late.words in shown["late_why"]) == (late.cause, True)
    (row,) = (one for one in admin_client.get("/api/v1/jobs/").json()["results"] if one["id"] == late.job.pk)
    assert (row["late_cause"], row["late_why"]) == (shown["late_cause"], shown["late_why"])
    now_is(late.job.run_at + A_MINUTE)
    found = admin_client.get("/late/").context["found"]
    assert {line.job.pk: line.cause for line in found.late}[late.job.pk] == late.cause
    assert counted(admin_client, "runat_jobs_late") == _by_cause(found.late)


@pytest.mark.parametrize("miss", missed_jobs.EACH, ids=lambda one: one.__name__)
def test_each_missed_start_is_explained_by_its_own_cause(
    miss: Any, make_job: Any, admin_client: Client, now_is: At
) -> None:
    missed = miss(make_job)
    now_is(SOON)
    shown = admin_client.get("/late/?span=7d").content.decode()
    assert missed.words in shown
    of_it = admin_client.get(f"/late/?span=7d&missed={missed.cause}")
    assert of_it.context["missed_count"] >= 1
    (line,) = (one for one in of_it.context["found"].missed if _is_of(one, missed.what))
    assert line.cause == missed.cause
    assert str(line.words) in of_it.content.decode()
    others = admin_client.get("/late/?span=7d&missed=person")
    assert others.context["missed_count"] == 0
    if isinstance(missed.what, Job):
        rest = admin_client.get(f"/api/v1/jobs/{missed.what.pk}/").json()
        assert rest["missed_cause"] == missed.cause
        assert (rest["late_cause"], rest["state_name"]) == (None, "skipped")
    else:
        (row,) = (
            one
            for one in admin_client.get("/api/v1/schedules/missed/", OF_THAT_DAY).json()["results"]
            if one["count"] == missed.what.count
        )
        assert row["cause"] == missed.cause
    seen_at = missed.what.finished_at if isinstance(missed.what, Job) else missed.what.noted_at
    assert seen_at is not None
    now_is(seen_at + A_MINUTE)
    assert counted(admin_client, "runat_jobs_missed") == _by_cause(admin_client.get("/late/").context["found"].missed)


def _is_of(line: late_found.Line, what: Job | Occurrence) -> bool:
    if isinstance(what, Job):
        return line.job is not None and line.job.pk == what.pk
    return line.schedule == what.schedule and line.at == what.nominal_at


def _by_cause(lines: list[late_found.Line]) -> dict[str, float]:
    causes = {line.cause for line in lines}
    return {cause: sum(line.times for line in lines if line.cause == cause) for cause in causes}


def test_eleven_causes_of_lateness_and_six_missed_starts_are_among_these() -> None:
    made = {one.__name__.removeprefix("by_") for one in late_jobs.EACH}
    assert made >= {
        *("slots", "pause", "rate", "key", "approval", "calendar"),
        *("late_creation", "broker", "failover", "worker_lost", "database"),
    }
    assert len(missed_jobs.EACH) == 6
