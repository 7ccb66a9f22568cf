"""Lists say where their other pages are, in a header."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.api.conftest import JOBS, bearer
from tests.api.schedules import make


def links(response: Any) -> dict[str, str]:
    assert response.status_code == 200, response.content
    return {name: url for url, name in re.findall(r'<([^>]*)>; rel="([a-z]+)"', response["Link"])}


@pytest.fixture
def root(db: None) -> Client:
    return bearer(User.objects.create_superuser("grace"))


def test_a_list_can_be_walked_by_its_links(root: Client, make_job: Any) -> None:
    jobs = [make_job() for _ in range(5)]
    page, ids, pages = root.get(f"{JOBS}?page_size=2&queue=default"), [], 0
    first = links(page)["first"]
    assert parse_qs(urlsplit(first).query) == {"page_size": ["2"], "queue": ["default"]}
    assert "prev" not in links(page)
    while True:
        found, body = links(page), page.json()
        assert (found.get("next"), found.get("prev"), found["first"]) == (body["next"], body["previous"], first)
        ids += [job["id"] for job in body["results"]]
        pages += 1
        if "next" not in found:
            break
        page = root.get(found["next"])
    assert (pages, ids) == (3, [job.pk for job in reversed(jobs)])
    assert [job["id"] for job in root.get(first).json()["results"]] == ids[:2]


def test_an_empty_list_has_a_first_page(root: Client) -> None:
    assert set(links(root.get(JOBS))) == {"first"}


def test_other_lists_have_them_too(root: Client) -> None:
    for number in range(2):
        make(name=f"report {number}")
    for address in ("/api/v1/schedules/", "/api/v1/audit/"):
        assert set(links(root.get(f"{address}?page_size=1"))) == {"first", "next"}, address
    for address in ("/api/v1/operations/", "/api/v1/schedules/missed/", f"{JOBS}?history=true"):
        assert set(links(root.get(address))) == {"first"}, address
