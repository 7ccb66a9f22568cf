"""Refusals: the same fault has the same sentence at the same field, by whatever way it comes in, and creates nothing."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User

from jobs.clock import DatabaseClock
from jobs.models import Job, Trigger
from tests.refusals.cases import CASES, GOOD, NOW, Case
from tests.refusals.ways import WAYS


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DatabaseClock, "current", lambda self: NOW)


@pytest.fixture
def ada(db: None) -> User:
    ada = User.objects.create_user("ada")
    ada.user_permissions.set(Permission.objects.filter(codename__in=["add_job", "view_job", "control_job"]))
    return ada


@pytest.mark.parametrize("way", WAYS)
def test_a_good_job_is_created_by_each_way(way: str, ada: User) -> None:
    assert WAYS[way][1](GOOD, ada) == {}


@pytest.mark.parametrize("case", CASES, ids=[case.fault for case in CASES])
def test_the_same_fault_has_the_same_answer_by_each_way(case: Case, ada: User) -> None:
    ways = {name: ask for name, (kind, ask) in WAYS.items() if case.only is None or kind in case.only}
    said = {name: ask({**GOOD, **case.asked}, ada) for name, ask in ways.items()}
    answers = {name: dict(one) for name, one in said.items() if one is not None}

    first = next(iter(answers.values()))
    assert list(first) == [case.field], answers
    assert any(case.says in sentence for sentence in first[case.field]), first
    assert [name for name, answer in answers.items() if answer != first] == [], answers
    assert not Job.objects.exists()
    assert not Trigger.objects.exists()
