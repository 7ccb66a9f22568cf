"""In a database that was restored no job starts until a person has said so; then what was due starts, or is cancelled."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from jobs import transitions
from jobs.clock import clock, steady
from jobs.installation import known, memory
from jobs.installation.memory import Memory
from jobs.models import Audit, Installation, Job
from jobs.models.installation import Restored
from jobs.scheduler import leader as leader_module
from jobs.scheduler.leader import Leader
from jobs.states import State
from jobs.transitions import AcquireRequest, WorkerIdentity, restoring
from tests.installation.steps import lead
from tests.starts import list_and_mark

WORKER = WorkerIdentity("w1@test", uuid.uuid4())


def due(now, **fields):
    job = Job.objects.create(target="demo.noop", payload={}, run_at=now - timedelta(seconds=5), **fields)
    job.refresh_from_db()
    return job


def listed(now):
    return [one.id for one in list_and_mark(now=now, horizon=now)]


def acquired(job, now):
    wanted = [AcquireRequest(job.pk, job.version, uuid.uuid4())]
    return transitions.acquire(wanted, worker=WORKER, now=now, due_before=now + timedelta(seconds=1)).started


def test_nothing_is_held_where_nothing_was_restored(led):
    job = due(led)
    lead(led)
    assert Installation.restored() is None
    assert listed(led) == [job.pk]
    assert len(acquired(job, led)) == 1


def test_nothing_is_listed_or_taken_even_before_a_beat_has_noticed(put_back):
    job = due(put_back)
    assert listed(put_back) == []
    assert acquired(job, put_back) == []
    assert isinstance(Installation.restored(), Restored)


def test_nothing_is_listed_or_taken_in_a_copy_of_the_database(led):
    """CREATE DATABASE ... TEMPLATE: its tables have the numbers of the original's."""
    Installation.objects.update(database_oid=1)
    job = due(led)
    assert listed(led) == []
    assert acquired(job, led) == []


def test_the_next_leader_holds_all_and_says_why(put_back):
    lead(put_back)
    row = Installation.objects.get()
    assert row.held_at == put_back
    assert "a dump was restored" in row.held_why
    assert listed(put_back) == []


def test_a_leader_under_which_the_tables_are_exchanged_stands_by(transactional_db):
    now, leader = clock.now(), Leader("first")
    assert leader.lead(now)
    Installation.objects.update(table_oid=1)
    assert not leader.lead(now)
    assert leader.lead(now), "it leads anew, and sees to it that nothing starts"
    assert leader.lead(now)
    assert Installation.objects.get().held_at is not None
    leader.step_down()


def test_a_worker_that_has_seen_a_later_start_takes_nothing(led):
    """Files were put back: nothing in the database itself differs."""
    job = due(led)
    known.heard(10**9)
    assert acquired(job, led) == []
    lead(led)
    assert "start 1000000000 was made" in Installation.objects.get().held_why


def test_a_broker_that_was_away_when_a_beat_took_the_lead_is_asked_again(led, monkeypatch):
    """Only it knows of the start that is missing here."""
    answers: list[Any] = [OSError("no broker"), OSError("no broker"), Memory(10**9, 1, 1)]

    def read(mark):
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    monkeypatch.setattr(memory, "read", read)
    at = [steady()]
    monkeypatch.setattr(leader_module, "steady", lambda: at[0])
    leader, noted = Leader("second"), []
    monkeypatch.setattr(leader._keeper, "note", lambda *note: noted.append(note))
    assert leader.lead(led), "all goes on without its word"
    assert leader.lead(led)
    assert len(answers) == 2, "it is not asked with every sign of life"
    at[0] += leader_module.ASK_AGAIN
    assert leader.lead(led)
    assert (len(answers), Installation.restored(), noted) == (1, None, [])
    at[0] += leader_module.ASK_AGAIN
    assert leader.lead(led)
    assert "start 1000000000 was made" in Installation.objects.get().held_why
    assert leader.lead(led)
    assert noted == [], "what the broker knows is kept"
    leader.step_down()


def test_what_was_seen_before_a_restore_is_kept_while_all_is_held(put_back, monkeypatch):
    """Else a second restore from the same backup would pass for the first."""
    mark = known.read().mark
    memory.write(mark, Memory(10**9, 1, 1))
    leader, noted = Leader("second"), []
    monkeypatch.setattr(leader._keeper, "note", lambda *note: noted.append(note))
    for _ in range(3):
        assert leader.lead(put_back)
    assert (noted, memory.read(mark)) == ([], Memory(10**9, 1, 1))
    assert restoring.release(now=put_back, reason="checked").done
    assert leader.lead(put_back)
    assert [mark for mark, _ in noted] == [known.read().mark], "after the release it notes what it sees"
    leader.step_down()


def test_released_all_that_was_due_is_listed_anew(put_back):
    lead(put_back)
    job = due(put_back, enqueued_at=put_back, deliveries=1)
    before = known.read()
    answer = restoring.release(now=put_back + timedelta(seconds=60), reason="checked with payroll")
    assert answer.done
    assert Installation.restored() is None
    assert known.kept != before, "messages from before are known by their mark"
    assert known.kept.owns(before.mark)
    assert listed(put_back + timedelta(seconds=61)) == [job.pk]
    lead(put_back)
    assert Installation.restored() is None, "it stays released"


def test_what_was_due_before_a_moment_is_cancelled_and_audited(put_back):
    lead(put_back)
    ada = User.objects.create_user("ada")
    old, late = due(put_back), due(put_back, not_before=put_back + timedelta(hours=1))
    coming = Job.objects.create(target="demo.noop", payload={}, run_at=put_back + timedelta(hours=2))
    answer = restoring.release(now=put_back, reason="it ran on Friday", by=ada, cancel_due_before=put_back)
    assert (answer.done, answer.cancelled) == (True, 1)
    assert [j.state for j in Job.objects.order_by("id")] == [State.CANCELLED, State.PENDING, State.PENDING]
    first, last = Audit.objects.all()
    assert [(row.by, row.reason) for row in (first, last)] == [(ada, "it ran on Friday")] * 2
    assert (first.job_id, first.verb, last.subject, last.verb) == (old.pk, "cancel", "installation", "resume")
    row = Installation.objects.get()
    assert (row.released_at, row.released_by, row.release_reason) == (put_back, ada, "it ran on Friday")
    assert {late.pk, coming.pk} == set(Job.objects.pending().values_list("id", flat=True))


def test_a_copy_takes_a_name_of_its_own(put_back):
    lead(put_back)
    original, old = known.read(), Installation.objects.get().identity
    restoring.release(now=put_back, reason="a rehearsal", copy=True)
    assert not known.kept.owns(original.mark)
    row, now = Audit.objects.get(), Installation.objects.get()
    assert row.name == row.before["identity"] == str(old)
    assert row.after["identity"] == str(now.identity) != row.name
    assert (row.before["held_at"], row.after["held_at"]) == (put_back.isoformat(), None)
    assert "a dump was restored" in row.before["held_why"]


def test_a_release_that_cannot_be_written_down_is_none(put_back, monkeypatch):
    lead(put_back)
    with monkeypatch.context() as broken:
        broken.setattr(Audit, "save", lambda row, **options: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            restoring.release(now=put_back, reason="checked")
    assert Installation.restored() is not None


def test_a_release_needs_a_reason_and_something_held(put_back):
    with pytest.raises(ValidationError):
        restoring.release(now=put_back, reason="")
    assert restoring.release(now=put_back, reason="checked").done
    assert not restoring.release(now=put_back, reason="once more").done
