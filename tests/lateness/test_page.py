"""`/late/`: late jobs and missed starts, each by its cause, within reach, and with what was not looked at."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from jobs.models import Job, Occurrence
from jobs.models.querysets import late
from jobs.monitor import late_found, late_page
from tests.conftest import NOW, seconds
from tests.lateness import late_jobs, missed_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("published", "waited")]
LATER = NOW + timedelta(hours=1)
OF_THAT_DAY = {"since": "2030-01-01T00:00:00Z", "until": "2030-01-02T00:00:00Z"}


@pytest.fixture(autouse=True)
def _an_hour_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_page, "clock", SimpleNamespace(current=lambda: LATER))


@pytest.mark.parametrize("miss", missed_jobs.EACH, ids=lambda one: one.__name__)
def test_each_missed_start_is_explained_by_its_own_cause(miss: Any, make_job: Any, admin_client: Client) -> None:
    missed = miss(make_job)
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


def _is_of(line: late_found.Line, what: Job | Occurrence) -> bool:
    if isinstance(what, Job):
        return line.job is not None and line.job.pk == what.pk
    return line.schedule == what.schedule and line.at == what.nominal_at


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
