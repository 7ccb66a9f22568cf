"""What a user reaches: one rule, as Python, the ORM and the history's SQL say it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection

from jobs.models import Job
from jobs.models.querysets.within import IN_REACH, reach_values
from jobs.rights import EVERYTHING, Reach, reach_of
from jobs.rights.reach import reach_of_team
from tests.rights.conftest import MakeTeam, MakeUser

# Labels, queue, target, and who has made it: of payroll is what says so, and what is in its queue and says nothing of a team.
ROWS = {
    "label": ({"team": "payroll"}, "default", "demo.noop", None),
    "queue": ({}, "pay", "demo.noop", None),
    "queue of ours, label of others": ({"team": "web"}, "pay", "demo.noop", None),
    "label of ours, queue of others": ({"team": "payroll"}, "site", "demo.noop", None),
    "only a label": ({"team": "nobody-knows"}, "pay", "demo.noop", None),
    "others": ({"team": "web"}, "default", "demo.noop", None),
    "queue of others": ({}, "site", "demo.noop", None),
    "nobody's": ({}, "default", "demo.noop", None),
    "nobody's, mine": ({}, "default", "demo.log", "ada"),
    "others', mine": ({"team": "web"}, "default", "demo.log", "ada"),
    "of another label": ({"owner": "payroll"}, "default", "demo.noop", None),
}
OURS = {"label", "queue", "label of ours, queue of others", "only a label"}
MINE = {"nobody's, mine", "others', mine"}


@pytest.fixture
def rows(db: None, make_user: MakeUser, make_team: MakeTeam) -> dict[str, Job]:
    ada = make_user("ada")
    make_team("payroll", ada, queues=["pay"])
    make_team("web", queues=["site"])
    at = datetime(2030, 1, 1, tzinfo=UTC)
    return {
        name: Job.objects.create(
            name=name, labels=labels, queue=queue, target=target, payload={}, run_at=at, created_by=ada if by else None
        )
        for name, (labels, queue, target, by) in ROWS.items()
    }


def found_by_all(reach: Reach, rows: dict[str, Job]) -> set[str]:
    """What is seen, which must be the same for a loaded row, in a queryset and in SQL of our own."""
    python = {name for name, row in rows.items() if reach.sees_job(Job.objects.get(pk=row.pk))}
    orm = set(Job.objects.within(reach).values_list("name", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM jobs_job WHERE {IN_REACH}", reach_values(reach))
        sql = {name for (name,) in cursor.fetchall()}
    assert python == orm == sql
    return orm


def found_to_touch(reach: Reach, *, or_own: bool = False) -> set[str]:
    return set(Job.objects.touched_within(reach, or_own=or_own).values_list("name", flat=True))


def reach(user: User) -> Reach:
    return reach_of(User.objects.get(pk=user.pk))


@pytest.mark.parametrize(
    ("role", "sees", "touches"),
    [
        ("viewer", OURS | MINE, OURS | {"nobody's, mine"}),
        ("creator", MINE, OURS | {"nobody's, mine"}),
        ("service", MINE, OURS | {"nobody's, mine"}),
        ("operator", set(ROWS), set(ROWS)),
        ("admin", set(ROWS), set(ROWS)),
    ],
)
def test_what_a_member_of_a_team_reaches(
    rows: dict[str, Job], make_user: MakeUser, role: str, sees: set[str], touches: set[str]
) -> None:
    ada = User.objects.get(username="ada")
    ada.user_permissions.set(make_user("pattern", role).user_permissions.all())
    assert found_by_all(reach(ada), rows) == sees
    assert {name for name, row in rows.items() if reach(ada).touches(row)} == touches
    assert found_to_touch(reach(ada)) == touches
    assert found_to_touch(reach(ada), or_own=True) == touches | MINE


def test_who_is_in_no_team_reaches_nothing_of_others(rows: dict[str, Job], make_user: MakeUser) -> None:
    bob = make_user("bob", "viewer")
    assert found_by_all(reach_of(bob), rows) == set()


def test_a_program_reaches_everything(rows: dict[str, Job]) -> None:
    assert reach_of(None) is EVERYTHING
    assert found_by_all(EVERYTHING, rows) == set(ROWS)


def test_nobody_reaches_nothing(rows: dict[str, Job], make_user: MakeUser) -> None:
    assert found_by_all(reach_of(AnonymousUser()), rows) == set()
    gone = make_user("gone", is_active=False, is_superuser=True)
    assert found_by_all(reach_of(gone), rows) == set()
    assert found_to_touch(reach_of(gone), or_own=True) == set()


def test_a_team_touches_what_is_its_own(rows: dict[str, Job]) -> None:
    assert found_to_touch(reach_of_team("payroll")) == OURS


@pytest.mark.parametrize(
    ("scope", "sees"),
    [
        ({"queues": ["pay"]}, {name for name, row in ROWS.items() if row[1] == "pay"}),
        ({"targets": ["demo.log"]}, MINE),
        ({"queues": ["pay"], "targets": ["demo.log"]}, set()),
        ({"queues": []}, set()),
        ({}, set(ROWS)),
    ],
)
def test_a_scope_narrows_even_everything(rows: dict[str, Job], scope: dict[str, Any], sees: set[str]) -> None:
    assert found_by_all(EVERYTHING.scoped(**scope), rows) == sees
    mine = reach(User.objects.get(username="ada")).scoped(**scope)
    assert found_by_all(mine, rows) == sees & MINE  # may not see jobs


def test_without_teams_nothing_is_narrowed(db: None, make_user: MakeUser, make_team: MakeTeam) -> None:
    viewer = make_user("viewer", "viewer")
    assert reach_of(viewer).everything
    make_team("payroll")
    assert reach_of(viewer).everything, "kept for the request"
    assert not reach(viewer).everything


def test_what_it_costs(make_user: MakeUser, make_team: MakeTeam, django_assert_num_queries: Any) -> None:
    make_team("payroll", queues=["pay", "wages"], targets=["http"])
    viewer, operator = make_user("viewer", "viewer"), make_user("operator", "operator")
    root = make_user("root", is_superuser=True)
    for user in (viewer, operator):
        user.has_perm("jobs.view_job")  # Django asks for these itself
    with django_assert_num_queries(1):  # teams, members and what they own
        reach_of(viewer)
        reach_of(viewer)
    with django_assert_num_queries(0):
        reach_of(operator)
        reach_of(root)
