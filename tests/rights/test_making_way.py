"""A job that stops others of its key stops only those that whoever has made it may touch."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from jobs.models import Audit, Job, Ownership, Team
from jobs.states import Overlap, State
from jobs.transitions.refusals import _make_way
from tests.conftest import NOW


def stopped(older: Job, newer: Job) -> bool:
    """Return whether the newer has stopped the older."""
    _make_way(older.pk, newer.pk, NOW)
    return Job.objects.get(pk=older.pk).state == State.CANCELLED


def test_a_job_that_takes_the_place_of_others_stops_only_what_is_within_reach(ada: User, make_job: Any) -> None:
    for team, is_asked in (("ours", True), ("theirs", False)):
        first = make_job(1, key=team, labels={"team": team})
        newer = make_job(2, key=team, labels={"team": "ours"}, overlap=Overlap.CANCEL, by=ada)
        _make_way(first.pk, newer.pk, NOW)
        assert (Job.objects.get(pk=first.pk).state == State.CANCELLED) is is_asked


def labels(team: str) -> dict[str, str]:
    return {"team": team} if team else {}


@pytest.mark.parametrize("of_newer", ["ours", "theirs", ""])
@pytest.mark.parametrize("by", ["an account that was deleted", "SQL"])
def test_without_a_creator_it_stops_what_is_of_its_own_team(ada: User, make_job: Any, of_newer: str, by: str) -> None:
    for team in ("ours", "theirs", ""):
        older = make_job(1, key="pay", labels=labels(team))
        eve = None if by == "SQL" else User.objects.create_superuser(f"eve-{team}")
        newer = make_job(2, key="pay", labels=labels(of_newer), overlap=Overlap.CANCEL, by=eve)
        if eve is not None:
            eve.delete()
        assert stopped(older, newer) is (team == of_newer), team


def test_its_team_may_be_that_of_its_queue(ada: User, make_job: Any) -> None:
    newer = make_job(2, key="pay", labels=labels("ours"), overlap=Overlap.CANCEL)
    assert stopped(make_job(1, key="pay", queue="ours-q"), newer)
    assert not stopped(make_job(1, key="pay", queue="theirs-q"), newer)
    Ownership.objects.filter(name="theirs-q").update(team=Team.objects.get(name="ours"))
    assert stopped(make_job(1, key="pay", queue="theirs-q"), newer)


def test_where_there_is_no_team_it_stops_all_of_its_key(make_job: Any) -> None:
    older = make_job(1, key="pay", labels=labels("only a label"))
    assert stopped(older, make_job(2, key="pay", overlap=Overlap.CANCEL))


def test_one_that_is_gone_meanwhile_stops_nothing(ada: User, make_job: Any) -> None:
    older, newer = make_job(1, key="pay"), make_job(2, key="pay", overlap=Overlap.CANCEL)
    newer.delete()
    assert not stopped(older, newer)
    _make_way(newer.pk, older.pk, NOW)
    assert not Audit.objects.exists()
