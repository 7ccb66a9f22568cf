"""Says which rules of people count at present: a person's only as long as he may see what they are about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from jobs.models import AlertRule, Job, Schedule, Team
from jobs.models.history import found
from jobs.permissions import ALL_TEAMS, VIEW_JOB


def counted(rules: Iterable[AlertRule]) -> list[AlertRule]:
    """Return those of these that count. Those of teams and administrators do; those of a person who sees all do; of
    others, what is about a job that he has created, and, as far as its runs are nobody's, about a schedule that he has
    made. Up to six statements, none where no person has a rule."""
    rules = list(rules)
    personal = [one for one in rules if one.owner_id is not None]
    if not personal:
        return rules
    see_all = _who_sees_all({one.owner_id for one in personal})
    narrow = [one for one in personal if one.owner_id not in see_all]
    jobs = [one.job_id for one in narrow if one.job_id is not None]
    made = {job.pk: job.created_by_id for job in [*Job.objects.filter(pk__in=jobs), *found(set(jobs))]} if jobs else {}
    names = [one.name for one in narrow if one.kind == AlertRule.Kind.SCHEDULE]
    schedules = dict(Schedule.objects.filter(name__in=names).values_list("name", "created_by_id")) if names else {}
    kept = []
    for one in rules:
        if one in narrow:
            one.only_nobodys = one.kind == AlertRule.Kind.SCHEDULE
            # A queue or target has no maker, also where a schedule has its name.
            by_name = schedules.get(one.name) if one.kind == AlertRule.Kind.SCHEDULE else None
            maker = made.get(one.job_id or 0) if one.kind == AlertRule.Kind.JOB else by_name
            if maker != one.owner_id:
                continue
        kept.append(one)
    return kept


def _who_sees_all(owners: set[Any]) -> set[Any]:
    """Return which of these see all jobs: where there are teams, by the permission that says so."""
    wanted = [VIEW_JOB, ALL_TEAMS] if Team.objects.exists() else [VIEW_JOB]
    people = get_user_model()._default_manager.filter(pk__in=owners, is_active=True)
    for permission in wanted:
        app, _, codename = permission.partition(".")
        has = {"content_type__app_label": app, "codename": codename}
        direct = Q(**{f"user_permissions__{name}": value for name, value in has.items()})
        by_group = Q(**{f"groups__permissions__{name}": value for name, value in has.items()})
        people = people.filter(Q(is_superuser=True) | direct | by_group)
    return set(people.values_list("pk", flat=True))
