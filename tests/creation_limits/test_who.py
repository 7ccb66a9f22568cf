"""Who is limited, by what, and what it costs those who are not."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from jobs.creation_limits import Allowance, TooFast, TooMany, admission_of
from jobs.creation_limits.allowances import UNLIMITED, forget
from jobs.models import Budget, CreationLimit
from tests.bearing import make_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return User.objects.create_user("ada")


def member(user, name, **limit):
    group = Group.objects.create(name=name)
    user.groups.add(group)
    if limit:
        CreationLimit.objects.create(group=group, **limit)


def token(user):
    return make_token(user).token.credential


def test_by_default_a_session_is_limited_and_a_token_is_not(ada):
    assert admission_of(ada).allowances == (Allowance(10, 10), Allowance(10, 10))
    assert admission_of(ada, token(ada)).allowances == UNLIMITED


@pytest.mark.parametrize(("rate", "expected"), [(0, None), (2.5, Allowance(2.5, 3)), (0.1, Allowance(0.1, 1))])
def test_the_default_is_a_setting(ada, settings, rate, expected):
    settings.JOBS_FORM_CREATION_RATE = rate
    assert admission_of(ada).allowances.single == expected


def test_a_row_without_a_group_is_for_all_sessions_without_one(ada):
    CreationLimit.objects.create(rate=3, burst=7)
    assert admission_of(ada).allowances.single == Allowance(3, 7)
    assert admission_of(ada, token(ada)).allowances == UNLIMITED
    forget()
    member(ada, "slow", rate=1)
    assert admission_of(ada).allowances.single == Allowance(1, 1)


def test_a_group_limits_tokens_and_sessions_alike_also_of_superusers(ada):
    User.objects.filter(pk=ada.pk).update(is_superuser=True)
    member(ada, "slow", rate=1, burst=2, bulk_rate=50, bulk_burst=200)
    for found in (admission_of(ada), admission_of(ada, token(ada))):
        assert found.allowances == (Allowance(1, 2), Allowance(50, 200))


def test_the_most_generous_of_several_groups_counts(ada):
    member(ada, "slow", rate=1, burst=100, bulk_rate=9)
    member(ada, "fast", rate=5, bulk_rate=8)
    member(ada, "without a limit")
    assert admission_of(ada).allowances == (Allowance(5, 5), Allowance(9, 9))
    member(ada, "in bulk", rate=0.5, bulk_rate=20)
    forget()
    assert admission_of(ada).allowances == (Allowance(5, 5), Allowance(20, 20))
    member(ada, "trusted", rate=None)
    forget()
    assert admission_of(ada).allowances == UNLIMITED


def test_a_limit_that_says_nothing_of_bulk_is_no_way_around_itself(ada):
    member(ada, "slow", rate=0.01, burst=4)
    found = admission_of(ada, token(ada))
    with pytest.raises(TooMany, match="at most 4 at once"):
        found.bulk(5)
    found.bulk(4)
    with pytest.raises(TooFast):
        found.bulk(1)


def test_the_limit_of_a_group_is_not_for_others(ada):
    member(User.objects.create_user("bob"), "slow", rate=1)
    assert admission_of(ada, token(ada)).allowances == UNLIMITED


def test_each_token_has_a_budget_and_all_sessions_of_a_user_share_one(ada):
    member(ada, "slow", rate=0.01)
    one, other = token(ada), token(ada)
    for caller in (one, other, None):
        admission_of(ada, caller).single()
        with pytest.raises(TooFast, match=r"1 job in 100 seconds; try again in 100 s\. Nothing was created\."):
            admission_of(ada, caller).single()
    assert not Budget.objects.filter(subject__contains=one.token_key).exists()


def test_nobody_has_more_by_making_more_tokens(ada):
    member(ada, "slow", rate=0.01)
    one, other = (make_token(ada, by=ada).token.credential for _ in range(2))
    admission_of(ada, one).single()
    with pytest.raises(TooFast):
        admission_of(ada, other).single()
    admission_of(ada).single()  # a session


def test_bulk_has_a_budget_of_its_own(ada):
    member(ada, "slow", rate=0.01, bulk_rate=0.1, bulk_burst=20)
    found = admission_of(ada)
    found.bulk(15)
    found.single()
    with pytest.raises(TooFast, match="in bulk") as refused:
        found.bulk(15)
    assert 99 < refused.value.wait <= 100
    found.bulk(5)
    with pytest.raises(TooMany, match="These are 21 jobs; you may create at most 20 at once"):
        found.bulk(21)


def test_the_unlimited_cost_no_statement(ada, django_assert_num_queries):
    member(User.objects.create_user("bob"), "slow", rate=1)
    caller = token(ada)
    # 1 the limits, 2 the user's groups; both kept for a few seconds
    with django_assert_num_queries(2):
        admission_of(ada, caller).single()
    with django_assert_num_queries(0):
        for _ in range(100):
            admission_of(ada, caller).single()
            admission_of(ada, caller).bulk(1000)


def test_where_no_group_is_limited_nobodys_groups_are_asked_for(ada, django_assert_num_queries):
    with django_assert_num_queries(1):
        admission_of(ada)
        admission_of(User(pk=ada.pk + 1))


def test_a_change_holds_after_a_few_seconds(ada, monkeypatch):
    now = 1000.0
    monkeypatch.setattr("jobs.creation_limits.allowances.steady", lambda: now)
    assert admission_of(ada).allowances.single == Allowance(10, 10)
    member(ada, "slow", rate=1)
    now += 4.9
    assert admission_of(ada).allowances.single == Allowance(10, 10)
    now += 0.2
    assert admission_of(ada).allowances.single == Allowance(1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": 0},
        {"rate": -1},
        {"rate": 10_001},
        {"rate": float("nan")},
        {"rate": 1, "burst": 0},
        {"burst": 5},
        {"bulk_burst": 5},
        {"bulk_rate": 0},
        {"bulk_rate": 1, "bulk_burst": -3},
        {"rate": 1, "bulk_rate": 1, "bulk_burst": 1_000_001},
    ],
)
def test_what_cannot_be_is_refused_by_the_form_and_by_the_table(wrong):
    with pytest.raises(ValidationError):
        CreationLimit(**wrong).full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        CreationLimit.objects.create(**wrong)


def test_one_limit_each():
    group = Group.objects.create(name="slow")
    for who in (group, None):
        CreationLimit.objects.create(group=who, rate=1)
        with pytest.raises(ValidationError, match="change that one"):
            CreationLimit(group=who, rate=2).full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            CreationLimit.objects.create(group=who, rate=2)
