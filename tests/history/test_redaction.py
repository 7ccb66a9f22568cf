"""What jobs were given and have returned goes when a rule or a person says so; that they ran stays."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from jobs import failpoints, transitions
from jobs.events.scheduler import JobsRedacted
from jobs.models import Attempt, Audit, Installation, Job, RetentionRule, Team
from jobs.models.history import find
from jobs.scheduler import redaction as service
from jobs.states import State
from jobs.transitions import keeping
from jobs.transitions.redaction import redact
from tests.concurrency.steps import PATIENCE, beside
from tests.conftest import NOW
from tests.history.steps import history, move
from tests.transitions.steps import acquire, again, finish, in_state

pytestmark = pytest.mark.django_db(transaction=True)
CANARY = "Lovelace"
DAY = timedelta(days=1)


def rule(days, kind="", name="", state="", does="redact"):
    return RetentionRule.objects.create(does=does, kind=kind, name=name, state=state, days=days)


def redact_due(now=NOW):
    """As a leader that has just begun does."""
    return service.Redacting()(now=now)


def tables_with(word):
    """The tables of ours in which a row has this word anywhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND starts_with(relname, 'jobs_') ORDER BY 1")
        names = [name for (name,) in cursor.fetchall()]
        found = []
        for name in names:
            cursor.execute(f"SELECT EXISTS (SELECT FROM {name} AS row WHERE row::text LIKE %s)", [f"%{word}%"])
            found += [name] if cursor.fetchone()[0] else []
    return found


@pytest.fixture
def personal(over, make_job):
    """A job that is over and has a person's name wherever one can be."""

    def make(days=8.0, state=State.FAILED):
        job = over(days, state)
        Job.objects.filter(pk=job.pk).update(
            payload={"to": CANARY},
            name=f"mail to {CANARY}",
            key=CANARY,
            labels={"person": CANARY, "team": "ours"},
            reason=f"no mailbox {CANARY}",
            waited_for=f"others of {CANARY}",
            idempotency_key=CANARY,
            idempotency_digest=CANARY,
        )
        Attempt.objects.filter(job=job).update(
            error=f"no mailbox {CANARY}", result={"to": CANARY}, log=[[0, CANARY]], progress_note=CANARY
        )
        edited = {"payload": {"to": CANARY}, "name": CANARY, "labels": {"person": CANARY}, "key": None, "queue": "mail"}
        Audit.objects.create(
            job_id=job.pk, verb="change", at=NOW, from_state=0, to_state=0, before=edited, after={"key": CANARY}
        )
        return job

    return make


@pytest.fixture
def old(personal, latest):
    """One of the history, and one that has stayed in the table."""

    def make(in_history):
        job = personal()
        latest()
        if in_history:
            move()
            assert history() == [job.pk]
        return job

    return make


def seen(job):
    return Job.objects.filter(pk=job.pk).first() or find(job.pk)


# --- what goes, and what stays


@pytest.mark.parametrize("in_history", [False, True])
def test_nothing_of_a_person_is_left_in_any_table(old, in_history):
    job = old(in_history)
    assert tables_with(CANARY) != []
    rule(7)
    redact_due()
    assert tables_with(CANARY) == []
    assert seen(job).redacted_at == NOW


@pytest.mark.parametrize("in_history", [False, True])
def test_when_where_and_how_it_ran_stays(old, in_history):
    job = old(in_history)
    before = seen(job)
    start = before.attempts.all()[0]
    redact(job.pk, now=NOW, reason="forgotten")
    after = seen(job)
    gone = {"payload", "name", "key", "labels", "reason", "waited_for", "redacted_at"}
    gone |= {"idempotency_key", "idempotency_digest"}
    stays = [field.attname for field in Job._meta.concrete_fields if field.name not in gone]
    assert [getattr(after, name) for name in stays] == [getattr(before, name) for name in stays]
    assert (after.payload, after.name, after.key, after.reason) == ({}, "", None, "redacted")
    assert after.labels == {"team": "ours"}
    kept = after.attempts.all()[0]
    empty = {"error", "result", "log", "progress_note"}
    stays = [field.attname for field in Attempt._meta.concrete_fields if field.name not in empty]
    assert [getattr(kept, name) for name in stays] == [getattr(start, name) for name in stays]
    assert (kept.error, kept.result, kept.log, kept.progress_note) == ("redacted", None, None, None)


def test_what_was_empty_is_not_said_to_have_been_anything(over):
    job = over(8)
    redact(job.pk, now=NOW, reason="forgotten")
    assert (again(job).reason, again(job).labels, Attempt.objects.get(job=job).error) == ("", {}, "")
    assert again(job).delay_ms is not None


def test_a_persons_word_is_still_told_from_an_end_of_its_own(over):
    job = over(8, State.INTERRUPTED)
    transitions.confirm_done(job.pk, now=NOW, reason=f"{CANARY} has it")
    redact(job.pk, now=NOW, reason="forgotten")
    assert again(job).is_confirmed


def test_what_was_edited_is_gone_from_the_audit_and_who_did_it_stays(personal):
    job = personal()
    redact(job.pk, now=NOW, reason="forgotten")
    row = Audit.objects.get(job_id=job.pk, verb="change")
    assert row.before == {"payload": "redacted", "name": "redacted", "labels": "redacted", "key": None, "queue": "mail"}
    assert row.after == {"key": "redacted"}


@pytest.mark.parametrize(
    "change", [{"before": None}, {"before": {"payload": 1}}, {"reason": "another"}, {"after": {"key": "redacted"}}]
)
def test_the_audit_lets_nothing_else_pass(personal, change):
    job = personal()
    with pytest.raises(IntegrityError, match="jobs_audit_stays"), transaction.atomic():
        Audit.objects.filter(job_id=job.pk).update(**change)
    if "after" not in change:
        redact(job.pk, now=NOW, reason="forgotten")
        with pytest.raises(IntegrityError, match="jobs_audit_stays"), transaction.atomic():
            Audit.objects.filter(job_id=job.pk).update(**change)


# --- a request that is repeated is known


def test_a_repeated_request_is_known_for_its_days_and_its_key_goes_then(personal, latest):
    job = personal(6, State.COMPLETED)
    rule(5)
    redact_due()
    assert again(job).idempotency_key == CANARY
    redact_due(NOW + 2 * DAY)
    assert (again(job).idempotency_key, again(job).idempotency_digest) == (None, None)
    assert again(job).redacted_at == NOW


def test_it_goes_when_the_job_leaves_the_table(personal, latest):
    personal(6, State.COMPLETED)
    rule(5)
    redact_due()
    latest()
    move(NOW + 2 * DAY)
    assert tables_with(CANARY) == []


# --- which, and when


def redacted_of(*jobs):
    return [seen(job).redacted_at is not None for job in jobs]


def test_each_of_its_days_by_the_closest_rule(over):
    mail, other = over(8, queue="mail"), over(8)
    old, failed = over(31), over(8, State.FAILED, queue="mail")
    rule(30)
    rule(7, "queue", "mail")
    rule(60, "queue", "mail", "failed")
    redact_due()
    assert redacted_of(mail, other, old, failed) == [True, False, True, False]


def test_of_two_that_are_as_close_the_shorter_counts(over):
    job = over(8, queue="mail", labels={"data": "personal"})
    rule(30, "queue", "mail")
    rule(7, "label", "data:personal")
    redact_due()
    assert redacted_of(job) == [True]


@pytest.mark.parametrize(("name", "fits"), [("data", True), ("data:personal", True), ("data:other", False)])
def test_by_a_label_and_its_value(over, name, fits):
    job = over(8, labels={"data": "personal"})
    rule(7, "label", name)
    redact_due()
    assert redacted_of(job) == [fits]


@pytest.mark.parametrize("state", [State.CANCELLED, State.SKIPPED, State.INTERRUPTED, State.COMPLETED])
def test_however_they_ended(over, state):
    job = over(8, state)
    rule(7)
    redact_due()
    assert redacted_of(job) == [True]


def test_what_has_not_ended_stays(make_job):
    jobs = [make_job(), in_state(make_job, State.RUNNING)]
    rule(1)
    redact_due(NOW + timedelta(days=1000))
    assert redacted_of(*jobs) == [False, False]


def test_without_a_rule_it_costs_one_statement_a_minute(over, django_assert_num_queries):
    job = over(1000)
    with django_assert_num_queries(1):
        assert redact_due() == service.LOOK_EVERY
    assert redacted_of(job) == [False]


def test_not_in_a_database_that_was_restored(over):
    job = over(1000)
    rule(1)
    Installation.objects.update(held_at=NOW)
    redact_due()
    assert redacted_of(job) == [False]


# --- what is kept


@pytest.mark.parametrize("in_history", [False, True])
def test_what_is_kept_stays_as_it_is_until_it_is_let_go(old, in_history):
    job = old(in_history)
    keeping.keep(job.pk, now=NOW, reason="evidence")
    rule(7)
    redact_due()
    answer = redact(job.pk, now=NOW, reason="forgotten")
    assert (answer.done, redacted_of(job)) == (False, [False])
    assert answer.why == f"Job {job.pk} is kept, so it stays as it is; let it go first."
    keeping.let_go(job.pk, now=NOW, reason="over")
    redact_due()
    assert redacted_of(job) == [True]


# --- a part at a time


def test_all_is_looked_at_once_a_day_and_when_a_rule_has_changed(over, monkeypatch, emitted):
    monkeypatch.setattr(service, "AT_A_TIME", 2)
    jobs = [over(8) for _ in range(5)]
    late = over(6.9)
    one = service.Redacting()
    rule(7)
    assert one(now=NOW) == service.LOOK_EVERY
    assert redacted_of(*jobs, late) == [True] * 5 + [False]
    one(now=NOW + 0.9 * DAY)
    assert redacted_of(late) == [False]
    one(now=NOW + 1.1 * DAY)
    assert redacted_of(late) == [True]
    newer = over(4)
    rule(3, "queue", "default")
    one(now=NOW + 1.2 * DAY)
    assert redacted_of(newer) == [True]
    assert [event.jobs for event in emitted.of(JobsRedacted)] == [5, 1, 1]


def test_a_call_that_runs_out_of_time_says_so_and_the_next_goes_on(over, latest, monkeypatch):
    monkeypatch.setattr(service, "AT_A_TIME", 2)
    jobs = [over(8) for _ in range(3)]
    latest()
    move()
    jobs += [over(8) for _ in range(3)]
    rule(7)
    one = service.Redacting()
    calls = 0
    while one(now=NOW, seconds=0) == 0.0:
        calls += 1
        assert redacted_of(*jobs).count(True) <= 2 * calls
    assert redacted_of(*jobs) == [True] * 6


def test_who_dies_in_the_middle_has_redacted_whole_parts_and_the_next_goes_on(over, tmp_path, monkeypatch):
    jobs = [over(8) for _ in range(3)]
    rule(7)
    monkeypatch.setattr(failpoints, "_folder", str(tmp_path))
    (tmp_path / "in-redaction").write_text("raise")
    with pytest.raises(failpoints.FailpointReached):
        redact_due()
    assert redacted_of(*jobs) == [False] * 3
    redact_due()
    assert redacted_of(*jobs) == [True] * 3


def test_a_row_that_somebody_has_locked_is_passed_by(over):
    locked, free = over(8), over(8)
    rule(7)
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=locked.pk)
        beside(redact_due).result(PATIENCE)
        assert redacted_of(locked, free) == [False, True]
    redact_due()
    assert redacted_of(locked) == [True]


# --- it starts no more


@pytest.mark.parametrize("in_history", [False, True])
@pytest.mark.parametrize("again_by", [transitions.retry, transitions.undo])
def test_it_is_not_started_again_and_stays_where_it_is(old, in_history, again_by):
    job = old(in_history)
    redact(job.pk, now=NOW, reason="forgotten")
    answer = again_by(job.pk, now=NOW)
    assert not answer.done
    assert (
        f"Job {job.pk} was redacted at 2030-01-01 12:00:03 UTC: what it was to do is not known any more." in answer.why
    )
    assert (history() == [job.pk]) is in_history


def test_sql_starts_it_no_more_either(over):
    job = over(8)
    redact(job.pk, now=NOW, reason="forgotten")
    with pytest.raises(IntegrityError, match="jobs_redacted_is_over"), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(state=0, locked_at=None, execute_at=None, finished_at=None)


def test_an_interrupted_one_can_still_be_settled(over):
    job = over(8, State.INTERRUPTED)
    redact(job.pk, now=NOW, reason="forgotten")
    assert transitions.confirm_failed(job.pk, now=NOW, reason="the bank says no").done


def test_a_late_word_of_its_worker_brings_nothing_back(make_job):
    job = make_job()
    started = acquire(job)
    transitions.interrupt([Attempt.objects.get(job=job).session], now=NOW, reason="gone")
    redact(job.pk, now=NOW, reason="forgotten")
    assert not finish(started, error=CANARY, result=f'"{CANARY}"', log=f'[[0, "{CANARY}"]]')
    assert tables_with(CANARY) == []
    assert Attempt.objects.get(job=job).error.endswith("when it no longer held the job.")


# --- a person's word


def test_a_person_redacts_one_and_the_audit_says_who_and_why(personal, ada):
    job = personal(0.1)
    answer = redact(job.pk, now=NOW, reason="request 17", by=ada)
    assert (answer.done, answer.why) == (True, f"Job {job.pk} is redacted: its ledger stays, what it held is gone.")
    row = Audit.objects.get(verb="redact")
    assert (row.job_id, row.by, row.reason, row.from_state) == (job.pk, ada, "request 17", State.FAILED)
    assert "is redacted already" in redact(job.pk, now=NOW, reason="again", by=ada).why
    assert Audit.objects.filter(verb="redact").count() == 1


def test_without_a_reason_it_is_refused(over):
    with pytest.raises(ValidationError, match="Say why"):
        redact(over(8).pk, now=NOW, reason=" ")


def test_one_that_has_not_ended_is_refused(make_job):
    job = make_job()
    answer = redact(job.pk, now=NOW, reason="forgotten")
    assert answer.why == f"Only a job that has ended can be redacted; job {job.pk} is pending. Cancel it first."


def test_there_is_no_other():
    assert redact(7, now=NOW, reason="forgotten").why == "There is no job 7."


def test_nor_one_that_is_removed_meanwhile(over, monkeypatch):
    job = over(8)
    monkeypatch.setattr("jobs.transitions.redaction.found", lambda job_id: job)
    Job.objects.filter(pk=job.pk).delete()
    assert redact(job.pk, now=NOW, reason="forgotten").why == f"There is no job {job.pk}."


def test_one_of_another_team_is_refused(over):
    Team.objects.create(name="theirs")
    job = over(8, labels={"team": "theirs"})
    answer = redact(job.pk, now=NOW, reason="forgotten", by=User.objects.create_user("eve"))
    assert answer.why == f"There is no job {job.pk}."
    assert redacted_of(job) == [False]
