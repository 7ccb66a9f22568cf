"""`/late/`: late jobs and missed starts, each by its cause, within reach, and with what was not looked at."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from jobs.models import Job
from jobs.models.querysets import late
from jobs.monitor import late_found, late_page
from tests.conftest import NOW, seconds
from tests.lateness import late_jobs, missed_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("published", "waited")]
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _an_hour_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_page, "clock", SimpleNamespace(current=lambda: LATER))


def test_late_jobs_are_counted_by_cause_queue_and_target_and_lead_to_their_pages(
    make_job: Any, admin_client: Client
) -> None:
    paused, keyed = late_jobs.by_pause(make_job).job, late_jobs.by_key(make_job).job
    on_time = late_jobs.run(late_jobs.listed(make_job(1, name="punctual")), NOW + seconds(1))
    answer = admin_client.get("/late/?span=7d")
    shown = answer.content.decode()
    assert {line.job.pk: line.cause for line in answer.context["found"].late} == {paused.pk: "pause", keyed.pk: "key"}
    assert all(f'href="/jobs/{job.pk}/"' in shown for job in (paused, keyed))
    assert f'href="/jobs/{on_time.pk}/"' not in shown
    assert 'href="/late/?span=7d&amp;late=pause"' in shown
    assert sum(bar.late_height > 0 for bar in answer.context["bars"]) == 1
    of_mail = admin_client.get("/late/?span=7d&queue=mail").context
    assert [line.job.pk for line in of_mail["found"].late] == [paused.pk]
    by_pause = admin_client.get("/late/?span=7d&late=pause").context
    assert [line.job.pk for line in by_pause["found"].late] == [paused.pk]
    assert [chip.text for chip in by_pause["chips"]] == ["Late: pause"]


def test_an_empty_page_says_so(admin_client: Client) -> None:
    answer = admin_client.get("/late/")
    shown = answer.content.decode()
    assert "<strong>0 late</strong>" in shown
    assert "<svg class" not in shown
    assert answer.context["span"] == "24 hours"


def test_what_lies_outside_of_the_span_is_not_there(make_job: Any, admin_client: Client) -> None:
    job = late_jobs.by_pause(make_job).job
    Job.objects.filter(pk=job.pk).update(run_at=LATER - timedelta(hours=2))
    assert admin_client.get("/late/?span=1h").context["late_count"] == 0
    assert admin_client.get("/late/?span=24h").context["late_count"] == 1


def test_the_page_says_what_it_has_not_looked_at(
    make_job: Any, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = late_jobs.run(late_jobs.listed(make_job(1)), NOW + seconds(9))
    last = late_jobs.run(late_jobs.listed(make_job(2)), NOW + seconds(9))
    monkeypatch.setattr(late, "LOOKED_AT", 1)
    answer = admin_client.get("/late/?span=7d")
    assert [line.job.pk for line in answer.context["found"].late] == [last.pk]
    assert "was not looked at" in answer.content.decode()
    assert "are in the history and were not looked at" in answer.content.decode()
    monkeypatch.setattr(late, "LOOKED_AT", 50)
    monkeypatch.setattr(late_found, "MOST", 1)
    answer = admin_client.get("/late/?span=24h")
    assert [line.job.pk for line in answer.context["found"].late] == [last.pk]
    assert "<strong>1 and more late</strong>" in answer.content.decode()
    assert first.pk != last.pk


@pytest.mark.parametrize("query", ["span=2h", "late=x", "missed=x", "schedule=x", "queue=%00", "color=red"])
def test_a_wrong_filter_is_refused_in_words(query: str, admin_client: Client) -> None:
    assert admin_client.get(f"/late/?{query}").status_code == 400


def test_a_full_page_costs_as_many_statements_as_one_row(
    make_job: Any, admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    late_jobs.worker(slots=1)
    for n in range(20):
        late_jobs.run(late_jobs.listed(make_job(1 + n / 100), version=2), NOW + seconds(10))
    missed_jobs.by_pause(make_job)
    with django_assert_max_num_queries(20):
        answer = admin_client.get("/late/")
    assert answer.context["late_count"] == 21, "these, and the next run of the schedule, which nobody has taken"
