"""A group is retried as a canary: five first, and the others at a rate if four of them succeed; else it stops."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from jobs import failpoints, transitions
from jobs.clock import clock
from jobs.models import Audit, Job, Operation, Verb
from jobs.scheduler import operations as service
from jobs.states import State
from jobs.transitions import operations
from jobs.transitions.operations import AskedOfMany, Canary
from jobs.transitions.operations.trying import Tried
from jobs.web.operations import follows
from tests.failures.conftest import PLACE, failed

pytestmark = pytest.mark.django_db
MANY = 30
ANY = (1, 2**62)


@pytest.fixture
def grace(make_user):
    return make_user("grace", "operator")


@pytest.fixture
def group():
    return [failed(ago=100 + n).pk for n in range(MANY)]


def begin(by, *, per_minute=60, ids=ANY):
    asked = AskedOfMany(Verb.RETRY, {"state": [State.FAILED, State.INTERRUPTED], "failure": PLACE})
    now = clock.now()
    begun = operations.begin(asked, reason="It is mended.", by=by, now=now, canary=Canary(per_minute, ids))
    return begun.operation, now


def carry(operation, now):
    """As the leader does in one call; returns the operation as it is then."""
    for _ in range(100):
        if not operations.go_on(operation.pk, now=now):
            break
    operation.refresh_from_db()
    return operation


def retried():
    return list(Audit.objects.filter(verb=Verb.RETRY).order_by("id").values_list("job_id", flat=True))


def end(job_ids, state):
    """As their workers would have it."""
    now = clock.now()
    values = {"state": state, "attempt": 2, "finished_at": now, "locked_at": now, "execute_at": now, "holds": 0}
    Job.objects.filter(pk__in=job_ids).update(**values)


def test_five_are_told_first_and_nobody_else_while_they_have_not_ended(grace, group):
    operation, now = begin(grace)
    for later in (0, 1, 600):
        carry(operation, now + timedelta(seconds=later))
        assert retried() == group[:5]
    assert (operation.total, operation.done, operation.ended_at) == (MANY, 5, None)
    assert follows(operation).endswith("4 of them have succeeded: 0 have, 0 did not, 5 are to end.")
    end(group[:3], State.COMPLETED)
    end(group[3:4], State.FAILED)
    carry(operation, now)
    assert retried() == group[:5]
    assert follows(operation).endswith("3 have, 1 did not, 1 are to end.")


def test_it_goes_on_at_its_rate_when_four_have_succeeded(grace, group):
    operation, now = begin(grace, per_minute=60)
    carry(operation, now)
    end(group[:4], State.COMPLETED)
    carry(operation, now)
    assert retried() == group[:6]  # the fifth has yet to end
    carry(operation, now + timedelta(seconds=3))
    assert retried() == group[:9]
    carry(operation, now + timedelta(seconds=3))
    assert retried() == group[:9]
    carry(operation, now + timedelta(seconds=60))
    assert (operation.outcome, operation.done, operation.refused) == ("done", MANY, {})
    assert retried() == group
    assert set(Job.objects.filter(pk__in=group[5:]).values_list("state", flat=True)) == {State.PENDING}


@pytest.mark.parametrize("ends", [State.FAILED, State.INTERRUPTED, State.CANCELLED])
def test_it_stops_by_itself_when_three_have_failed_and_says_which(grace, group, ends):
    operation, now = begin(grace)
    carry(operation, now)
    end(group[:2], State.COMPLETED)
    (end if ends != State.CANCELLED else _cancel)(group[2:5], ends)
    carry(operation, now + timedelta(seconds=600))
    assert (operation.outcome, operation.done) == ("failed", 5)
    assert "It has stopped by itself: of its first 5 jobs 3 did not succeed: " in operation.why
    for job_id in group[2:5]:
        assert f"job {job_id}" in operation.why
    assert retried() == group[:5]
    assert set(Job.objects.filter(pk__in=group[5:]).values_list("state", flat=True)) == {State.FAILED}


def _cancel(job_ids, _state):
    for job_id in job_ids:
        assert transitions.cancel(job_id, now=clock.now(), reason="not now").done


def test_two_are_enough_to_stop_it(grace, group):
    operation, now = begin(grace)
    carry(operation, now)
    end(group[:2], State.FAILED)
    carry(operation, now)
    assert operation.outcome == "failed"


def test_one_that_somebody_has_changed_meanwhile_says_nothing_of_the_others(grace, group):
    operation, now = begin(grace)
    carry(operation, now)
    for job_id in group[:2]:
        assert transitions.reschedule(job_id, run_at=now + timedelta(days=1), now=now, reason="tomorrow").done
    end(group[:2], State.COMPLETED)
    end(group[2:5], State.COMPLETED)
    carry(operation, now)
    assert operation.outcome == "failed"
    assert f"somebody has changed job {group[0]}; somebody has changed job {group[1]}" in operation.why


def test_what_is_not_as_it_was_when_its_turn_comes_is_counted_by_why(grace, group):
    operation, now = begin(grace)
    for job_id in group[:2]:  # before the first
        assert transitions.retry(job_id, now=now, reason="by hand").done
    carry(operation, now)
    assert operation.done == 5
    end(group[2:7], State.COMPLETED)
    assert transitions.retry(group[-1], now=now, reason="by hand").done
    carry(operation, now)
    carry(operation, now + timedelta(hours=1))
    assert (operation.outcome, operation.done) == ("done", MANY - 3)
    assert operation.refused == {"it does not fit the filter any more": 3}


def test_a_leader_that_dies_between_tells_nobody_twice(grace, group, tmp_path, monkeypatch):
    monkeypatch.setattr(failpoints, "_folder", str(tmp_path))
    operation, now = begin(grace)
    for told, moment in ((0, now), (5, now + timedelta(seconds=5))):
        (tmp_path / "in-operation").write_text("raise")
        with pytest.raises(failpoints.FailpointReached), transaction.atomic():
            operations.go_on(operation.pk, now=moment)
        operation.refresh_from_db()
        assert (len(retried()), operation.done, operation.went_on_at) == (told, told, None)
        carry(operation, moment)
        end(retried()[:5], State.COMPLETED)
    carry(operation, now + timedelta(hours=1))
    assert sorted(retried()) == group
    assert (operation.outcome, operation.done) == ("done", MANY)


def test_the_leader_looks_once_a_second_while_it_waits(grace, group):
    operation, now = begin(grace)
    assert service.operations(now=now) == service.EVERY
    assert retried() == group[:5]
    end(group[:5], State.FAILED)
    service.operations(now=now)
    operation.refresh_from_db()
    assert operation.outcome == "failed"


def test_who_may_no_longer_retry_ends_it(grace, group):
    operation, now = begin(grace)
    carry(operation, now)
    end(group[:5], State.COMPLETED)
    User.objects.get(pk=grace.pk).user_permissions.clear()
    carry(operation, now)
    assert operation.outcome == "failed"
    assert retried() == group[:5]


def test_five_or_fewer_are_just_retried(grace):
    few = [failed().pk for _ in range(4)]
    operation, now = begin(grace)
    carry(operation, now)
    assert (operation.outcome, operation.done) == ("done", 4)
    assert retried() == few


def test_only_jobs_of_the_group_as_it_was_seen(grace, group):
    operation, now = begin(grace, ids=(group[3], group[6]))
    carry(operation, now)
    end(group[3:8], State.COMPLETED)
    carry(operation, now + timedelta(hours=1))
    assert retried() == group[3:7]


@pytest.mark.parametrize("rate", [0, 6001])
def test_a_rate_is_bounded(grace, group, rate):
    with pytest.raises(ValidationError) as refused:
        begin(grace, per_minute=rate)
    assert "per_minute" in refused.value.message_dict


def test_the_database_refuses_one_without_a_rate(grace, group):
    operation, _ = begin(grace)
    with pytest.raises(IntegrityError, match="jobs_operation_first"), transaction.atomic():
        Operation.objects.filter(pk=operation.pk).update(per_minute=None)


def test_its_page_begins_it_and_says_how_it_goes(client, grace, group):
    client.force_login(grace)
    (row,) = client.get("/failures/").context["rows"]
    asks = client.get(row.retry)
    page = asks.content.decode()
    assert "Retry: 30 jobs" in page
    assert "If 4 of these succeed" in page
    sent = {**asks.context["group"], "key": asks.context["key"], "begin": "yes", "per_minute": "120"}
    assert "This field is required" in client.post("/failures/retry/", sent).content.decode()
    assert not Operation.objects.exists()
    sent["reason"] = "It is mended."
    twice = [client.post("/failures/retry/", sent) for _ in range(2)]
    operation = Operation.objects.get()
    assert {answer.headers["Location"] for answer in twice} == {f"/operations/{operation.pk}/"}
    assert (operation.per_minute, operation.first, operation.done) == (120, 5, 5)
    shown = client.get(f"/operations/{operation.pk}/").content.decode()
    assert "Retry, 5 first" in shown
    assert "120 a minute, when 4 of them have succeeded: 0 have, 0 did not, 5 are to end." in shown
    assert operations.cancel(operation.pk, reason="enough", by=grace, now=clock.now())[0]


def test_a_group_that_cannot_be_read_is_refused_and_viewers_have_no_button(client, grace, group, make_user):
    client.force_login(grace)
    assert client.get("/failures/retry/?target=demo.noop").status_code == 400
    gone = client.get("/failures/retry/", {"target": "x", "failure": "y", **_TIMES})
    assert "there is nothing to do" in gone.content.decode()
    sent = {"target": "x", "failure": "y", **_TIMES, "begin": "yes", "per_minute": "1", "reason": "why"}
    assert client.post("/failures/retry/", sent).status_code == 400
    client.force_login(make_user("vera", "viewer"))
    assert "Retry this group" not in client.get("/failures/").content.decode()


_TIMES = {"finished_at_after": "2026-11-01T00:00:00Z", "finished_at_before": "2026-11-02T00:00:00Z"}


def test_why_one_of_the_first_does_not_count():
    assert Tried(7, State.COMPLETED, changed=True, failure=None).why == "somebody has changed job 7"
    assert Tried(7, None, changed=True, failure=None).why == "job 7 was deleted"
