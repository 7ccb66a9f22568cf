"""Lists by what no index leads to: each page looks at so many ids."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from jobs.api import paging
from jobs.states import State
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
JOBS = "/api/v1/jobs/"
LOOK = 10


@pytest.fixture(autouse=True)
def _looks_at_ten(monkeypatch: Any) -> None:
    monkeypatch.setattr(paging, "LOOK", LOOK)


@pytest.fixture
def rare(make_job: Any) -> list[int]:
    """The second of 35 jobs and the one before the last have another queue."""
    return [make_job(queue="rare" if n in (1, 33) else "default").pk for n in range(35)]


def walk(api: Client, address: str, way: str) -> list[list[int]]:
    """The ids of all pages, the given one first."""
    pages = []
    while address:
        page = api.get(address).json()
        pages.append([job["id"] for job in page["results"]])
        address = page[way]
        assert len(pages) < 20
    return pages


def test_what_is_rare_is_found_page_by_page(api: Client, rare: list[int]) -> None:
    assert walk(api, f"{JOBS}?queue=rare", "next") == [[rare[33]], [], [], [], [rare[1]]]


def test_each_page_looks_at_so_many(api: Client, rare: list[int], django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3) as asked:  # who asks; the oldest and the newest id; the page
        api.get(JOBS, {"queue": "rare"})
    newest = max(rare)
    assert f'"jobs_job"."id" >= {newest - LOOK + 1}' in asked.captured_queries[-1]["sql"]


def test_a_full_page_goes_on_after_its_last_job(api: Client, rare: list[int]) -> None:
    others = [pk for pk in reversed(rare) if pk not in (rare[1], rare[33])]
    found = walk(api, f"{JOBS}?queue=default&page_size=4", "next")
    assert [pk for page in found for pk in page] == others


def test_the_way_back_shows_what_the_way_there_has(api: Client, rare: list[int]) -> None:
    address, there = f"{JOBS}?queue=rare", []
    while address:
        page = api.get(address).json()
        there.append(address)
        address = page["next"]
    back = walk(api, api.get(there[-1]).json()["previous"], "previous")
    assert [pk for page in back for pk in page] == [rare[33]]
    empty = api.get(api.get(there[-1]).json()["previous"]).json()
    assert empty["results"] == []
    assert [job["id"] for job in api.get(empty["next"]).json()["results"]] == [rare[1]]
    there_again = api.get(api.get(there[1]).json()["previous"]).json()
    assert [job["id"] for job in there_again["results"]] == [rare[33]]


@pytest.mark.parametrize("query", ["state=pending", "state=pending,running", "label=team:a", "batch=7", ""])
def test_what_an_index_leads_to_is_found_at_once(
    api: Client, make_job: Any, query: str, django_assert_num_queries: Any
) -> None:
    for n in range(LOOK * 2):
        make_job(labels={"team": "a"} if n == 0 else {})
    with django_assert_num_queries(2):  # who asks; the page
        api.get(f"{JOBS}?{query}")


def test_a_stretch_of_time_is_found_at_once(api: Client, make_job: Any, django_assert_num_queries: Any) -> None:
    make_job()
    with django_assert_num_queries(2):
        api.get(JOBS, {"run_at_after": NOW.isoformat(), "run_at_before": NOW.isoformat(), "queue": "default"})
    with django_assert_num_queries(3):
        api.get(JOBS, {"run_at_after": NOW.isoformat()})


def test_nothing_at_all_is_one_empty_page(api: Client) -> None:
    page = api.get(JOBS, {"state": State.FAILED.label}).json()
    assert page == {"next": None, "previous": None, "results": []}
