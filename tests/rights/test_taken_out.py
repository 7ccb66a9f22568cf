"""What is taken out of a list is what its page shows to the same person, of each role; no more and no less."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import resolve, reverse

from tests.rights.matrix import ADMIN, PAGES, ROLES, Line
from tests.rights.test_matrix import address_of, member, outcome, thing_of  # noqa: F401
from tests.rights.test_matrix_admin import LINKED, OWNED, enter, one  # noqa: F401
from tests.rights.world import WHOSE, kinds_of, make

MARK = re.compile(r"mark-[a-z]+-\d+")
ANCHOR = re.compile(r'id="(?:rule|subscription|operation|alert|proposal|objective|view)-(\d+)"')


def is_list(line: Line) -> bool:
    name = line.address
    return line.method == "GET" and " " not in name and (line.is_list or name in ("queues", "workers", "stop"))


def shown_by(page: str) -> tuple[set[str], set[int]]:
    return set(MARK.findall(page)), {int(one) for one in ANCHOR.findall(page)}


def taken_out(text: str) -> tuple[set[str], set[int]]:
    rows = [json.loads(line) for line in text.splitlines()]
    return set(MARK.findall(text)), {row["id"] for row in rows if "id" in row}


LISTS = [line for line in PAGES if is_list(line) and hasattr(resolve(reverse(line.address)).func, "list_page")]


def test_there_are_lists() -> None:
    assert {line.address for line in LISTS} >= {"failures", "late", "operations", "queues", "workers", "alerts"}


@pytest.mark.parametrize("role", ROLES)
def test_a_list_is_taken_out_by_whom_its_page_is_shown_to(member: Any, role: str) -> None:  # noqa: F811
    user, client = member(role), Client()
    client.force_login(user)
    for line in LISTS:
        kind = line.kind.removeprefix("list of ")
        if line.is_list:
            for whose in kinds_of(line.kind):
                make(kind, whose, user)
        cache.clear()
        address = reverse(line.address)
        page, file = client.get(address), client.get(address, {"format": "ndjson"})
        assert outcome(page) == outcome(file), line
        if page.status_code == 200:
            marks, ids = shown_by(page.content.decode())
            taken, of = taken_out(file.getvalue().decode())
            assert taken == marks, line
            assert not ids or of == ids, line


@pytest.mark.parametrize("role", ROLES)
def test_a_list_of_the_admin_is_taken_out_by_whom_it_is_shown_to(enter: Any, role: str) -> None:  # noqa: F811
    client, user = enter(role)
    for name in ADMIN:
        for whose in WHOSE if name in OWNED and name not in LINKED else ("ours",):
            if whose != "own" or name == "schedule":
                one(name, whose, user)
        address = reverse(f"admin:jobs_{name}_changelist")
        page, file = client.get(address), client.get(address, {"format": "ndjson"})
        assert page.status_code == file.status_code, (role, name)
        if page.status_code == 200:
            assert set(MARK.findall(file.getvalue().decode())) == set(MARK.findall(page.content.decode())), name
