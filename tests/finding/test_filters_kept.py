"""The filters of a list as the row of an operation keeps them: they find the same, and lead to the same list."""

from __future__ import annotations

import json

import pytest
from django.http import QueryDict

from jobs.api.listing import checked
from jobs.models import Job
from jobs.monitor.job_list import PageQuery
from jobs.rules.finding import FILTERS, LOOKUPS, address_of, kept, matching, wanted_of
from jobs.states import Hold, State
from tests.conftest import NOW, seconds

QUERIES = (
    "",
    "state=failed,interrupted",
    "state=pending&queue=pay",
    "target=demo.noop&name=a b&key=k:1",
    "label=team:payroll&label=env:prod",
    "team=payroll&worker=w1@host",
    "q=invoice team:payroll",
    "later_than=2.5&held=approval",
    "no_live_worker=true&batch=7",
    "run_at_after=2030-01-01T00:00:00Z&run_at_before=2030-02-01 00:00",
    "created_at_before=2031-01-01T00:00:00Z&finished_at_after=2030-01-01T00:00:00Z",
)


def asked(query):
    return {name: value for name, value in checked(QueryDict(query), PageQuery).items() if name in FILTERS}


@pytest.mark.parametrize("query", QUERIES)
def test_what_is_kept_is_what_was_asked_for(query):
    wanted = asked(query)
    row = json.loads(json.dumps(kept(wanted)))
    assert kept(wanted_of(row)) == row
    assert asked(address_of(row)) == wanted


def test_there_is_one_form_of_each():
    assert kept(asked("queue=pay&state=failed,pending,failed")) == kept(asked("state=0,3&queue=pay&sort=delay"))
    assert kept({"no_live_worker": False, "queue": None}) == {}
    assert set(LOOKUPS) <= set(FILTERS)


def test_every_filter_of_the_page_is_kept():
    of_pages = {"sort", "page_size", "start", "before"}
    assert set(PageQuery().get_fields()) - of_pages == set(FILTERS)


@pytest.mark.django_db
@pytest.mark.parametrize("query", QUERIES)
def test_it_finds_the_same(query, make_job):
    make_job(60, queue="pay", labels={"team": "payroll", "env": "prod"}, name="a b", key="k:1")
    held, failed = make_job(60), make_job(60)
    Job.objects.filter(pk=held.pk).update(holds=Hold.APPROVAL, run_at=NOW - seconds(60))
    Job.objects.filter(pk=failed.pk).update(state=State.FAILED, finished_at=NOW)
    wanted = asked(query)
    at = NOW + seconds(5)
    again = wanted_of(json.loads(json.dumps(kept(wanted))))
    found = [set(matching(Job.objects.order_by(), one, at).values_list("pk", flat=True)) for one in (wanted, again)]
    assert found[0] == found[1]
